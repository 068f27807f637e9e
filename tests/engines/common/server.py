"""A server that replays recorded answers and keeps what it was asked."""

import contextlib
import http.server
import json
import threading


class Server:
    """Answers each POST with the next of the answers, the last again and again: a body, (status, body, header...), or a function of what was
    asked that gives one. `read` makes what was asked of a request's text; `info` answers each GET."""

    def __init__(self, answers, read=json.loads, info=None):
        self.answers, self.asked = list(answers), []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(200, info)

            def do_POST(self):
                asked = read(self.rfile.read(int(self.headers["Content-Length"])).decode())
                server.asked.append((self.path, self.headers, asked))
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                answer = answer(asked) if callable(answer) else answer
                self.reply(*(answer if isinstance(answer, tuple) else (200, answer)))

            def reply(self, status, body, *headers):
                data = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                for key, value in headers:
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # it no longer waits
                    self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
