#!/usr/bin/env python3
"""splunk.py before a server that replays what Splunk answers; with --executed before one that runs what it is sent on the executor.

The answers have the form of Splunk's REST API Reference (search/v2/jobs/export, server/info, "Status codes and messages").
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent / "common"))
from server import Server  # noqa: E402

NOW = 1_704_067_200.0

VERSION = {"entry": [{"name": "server-info", "content": {"version": "10.0.1", "build": "x"}}]}
FOUND = "\n".join(json.dumps({"preview": False, "offset": at, **({"lastrow": True} if at else {}), "result": {"sigmaglot_row": row, "F": "x\u2028y"}}) for at, row in enumerate(("0", "3")))
NONE = json.dumps({"preview": False, "offset": 0, "lastrow": True})
SUMMARY = json.dumps({"preview": False, "offset": 0, "lastrow": True, "result": {"count": "1"}})
PREVIEW = json.dumps({"preview": True, "offset": 0, "lastrow": True, "result": {"sigmaglot_row": "9"}}) + "\n" + NONE


def fatal(text):
    return {"messages": [{"type": "FATAL", "text": text}]}


MALFORMED = fatal("Error in 'where' command: The expression is malformed. Expected AND.")
REGEX = fatal("Error in 'regex' command: Regex: missing closing parenthesis.")
COMMAND = fatal("Unknown search command 'frobnicate'.")
BUSY = fatal("The maximum number of concurrent historical searches on this instance has been reached. concurrency_category=\"historical\"")
DENIED = {"messages": [{"type": "WARN", "text": "call not properly authenticated"}]}

ROWS = [{"row": 0, "table": "events", "values": {"F": 'a"\\b\n', "_time": "1704000002", "_raw": "evil", "a.b{}": ["x", "y"]}}, {"row": 3, "table": "events", "values": {"F": "", "_time": "1704000001"}}]
QUERY = '``` a comment ```\nF="a*"'


def replayed(answers, version=VERSION):
    """A server that reads forms and tells its version."""
    return Server(answers, lambda text: dict(urllib.parse.parse_qsl(text, keep_blank_values=True)), version)


def run(server, query=QUERY, rows=ROWS, options=(), credentials=(("SPLUNK_TOKEN", "secret"),)):
    """What was answered to a query; None and what was said where the program ended instead."""
    hello = {"hello": {"protocol": 1, "language": "spl", "place": "windows", "tables": {}}}
    request = {"id": 7, "query": query, "now": NOW, "rows": rows}
    done = subprocess.run([sys.executable, str(HERE / "splunk.py"), "--url", server.url, "--wait", "0.01", *options], text=True, env={"PATH": os.environ["PATH"], **dict(credentials)},
                          input=f"{json.dumps(hello)}\n{json.dumps(request)}\n", capture_output=True, timeout=60, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert "secret" not in done.stdout + done.stderr, "the token was shown"
    return (lines[1] if len(lines) > 1 else None), done.stderr


class Exchanges(unittest.TestCase):
    def test_a_search_is_sent_and_its_rows_read(self):
        with replayed([FOUND]) as server:
            self.assertEqual(run(server)[0], {"id": 7, "found": [0, 3]})
        [(path, headers, form)] = server.asked
        self.assertEqual((path, headers["Authorization"]), ("/services/search/v2/jobs/export", "Bearer secret"))
        self.assertEqual((form["output_mode"], form["preview"]), ("json", "false"))
        self.assertEqual(form["search"], """| makeresults count=2 | streamstats count AS sigmaglot_row | eval F=case(sigmaglot_row=1,"a\\"\\\\b
",sigmaglot_row=2,"") | eval _time=case(sigmaglot_row=1,1704000002,sigmaglot_row=2,1704000001) | eval _raw=case(sigmaglot_row=1,"evil")"""
                         """ | eval 'a.b{}'=case(sigmaglot_row=1,mvappend("x","y")) | eval sigmaglot_row=case(sigmaglot_row=1,0,sigmaglot_row=2,3) | search """ + QUERY)

    def test_rows_that_are_none_of_the_stored_ones_and_previews(self):
        for answer, wanted in ((SUMMARY, {"some": True}), (NONE, {"found": []}), (PREVIEW, {"found": []})):
            with self.subTest(answer), replayed([answer]) as server:
                self.assertEqual(run(server, "search F=a | stats count")[0], {"id": 7, **wanted})
                self.assertTrue(server.asked[0][2]["search"].endswith("| search F=a | stats count"))

    def test_a_user_and_none(self):
        with replayed([NONE]) as server:
            run(server, credentials=(("SPLUNK_USER", "u"), ("SPLUNK_PASSWORD", "secret")))
            self.assertEqual(server.asked[0][1]["Authorization"], "Basic dTpzZWNyZXQ=")
        with replayed([NONE]) as server:
            answered, said = run(server, credentials=())
            self.assertEqual((answered, server.asked), (None, []))
            self.assertIn("set SPLUNK_TOKEN", said)

    def test_errors_are_told_apart(self):
        for answer, kind in (((400, MALFORMED), "syntax"), ((200, MALFORMED), "syntax"), ((400, COMMAND), "failed"), ((400, REGEX), "syntax"), ((503, BUSY), "limit")):
            with self.subTest(answer), replayed([answer]) as server:
                answered, _ = run(server, options=["--retries", "1"])
                self.assertEqual((answered["kind"], "found" in answered), (kind, False))

    def test_a_busy_service_is_asked_again(self):
        with replayed([(503, BUSY, ("Retry-After", "0")), (429, ""), FOUND]) as server:
            self.assertEqual(run(server)[0], {"id": 7, "found": [0, 3]})
            self.assertEqual(len(server.asked), 3)

    def test_rubbish_and_a_bad_token_are_no_answer(self):
        for answer in ("<html>", "", "[1]", (401, DENIED), (400, "no JSON"), (400, fatal("else")), '{"preview": false, "result": {"sigmaglot_row": "x"}}'):
            with self.subTest(answer=answer), replayed([answer]) as server:
                answered, said = run(server, options=["--retries", "0"])
                self.assertIsNone(answered)
                self.assertTrue(said.startswith("splunk.py: "), said)
        with replayed([NONE], {"entry": []}) as server:
            self.assertIn("answers no version", run(server)[1])

    def test_a_service_that_does_not_answer(self):
        def late(_):
            time.sleep(2)
            return FOUND

        with replayed([late]) as server:
            self.assertEqual(run(server, options=["--timeout", "1"])[0]["kind"], "limit")

    def test_what_cannot_be_asked(self):
        for query, rows in (("| tstats count", ROWS), ("* | where now()>1", ROWS), ("earliest=-1d F=a", ROWS), (QUERY, [{"row": 0, "table": "events", "values": {"a'b": "x"}}])):
            with self.subTest(query), replayed([NONE]) as server:
                self.assertEqual((run(server, query, rows)[0]["kind"], server.asked), ("unknown", []))
        with replayed([NONE]) as server:
            self.assertEqual((run(server, rows=[])[0], server.asked), ({"id": 7, "found": []}, []))

    def test_many_rows_go_in_several_searches(self):
        rows = [{"row": n, "table": "events", "values": {"F": "x" * 100}} for n in range(40)]
        with replayed([FOUND]) as server:
            self.assertEqual(run(server, rows=rows, options=["--longest", "2500"])[0]["found"], [0, 3])
            self.assertTrue(3 <= len(server.asked) <= 8 and all(len(form["search"]) <= 2550 for _, _, form in server.asked), len(server.asked))
            self.assertEqual(run(server, "F=a | stats count", rows, ["--longest", "2500"])[0]["kind"], "limit")


def executed():
    """Random searches through splunk.py and a server that runs what it is sent, and on the executor itself: the rows arrive as they were."""
    import random_queries
    from compare import Asked
    from protocol import Refused
    from queries import Queries

    from executor.run import bounded, results

    lock = threading.Lock()

    def answer(form):
        with lock:
            try:
                rows = bounded(lambda: results(form["search"], [], NOW), 20)
            except Refused as refused:
                # What the executor does not know is no verdict here either.
                said = {"syntax": "malformed", "failed": "Error in 'x' command"}.get(refused.kind, "limit")
                return 400, fatal(said)
        lines = [{"preview": False, "offset": at, "result": {name: texts[0] for name, texts in row.fields.items()}} for at, row in enumerate(rows)]
        return "\n".join(map(json.dumps, [*lines, {"preview": False, "lastrow": True}]))

    with replayed([answer]) as server:
        os.environ["SPLUNK_TOKEN"] = "t"
        door = [sys.executable, str(HERE / "splunk.py"), "--url", server.url]
        sys.argv[1:] = ["--seed", "5", "--count", "300", shlex.join(door), shlex.join([sys.executable, str(HERE / "spl.py")])]
        return random_queries.main(Asked, Queries)


if __name__ == "__main__":
    if "--executed" in sys.argv:
        sys.exit(executed())
    unittest.main()
