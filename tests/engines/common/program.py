"""A program that speaks the protocol of ../README.md, asked line by line."""

import json
import subprocess
import sys


class Program:
    """An engine that has said what it is, for a language and, in KQL, tables of these columns."""

    def __init__(self, command, language, tables=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = self.send({"hello": {"protocol": 1, "language": language, "place": "facts", "tables": tables or {}}})["ready"]

    def send(self, request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended at {json.dumps(request)[:2000]}")
        return json.loads(line)

    def ask(self, query, rows, table, now):
        """The answer to a query on rows, numbered from 0; a value that is null is left out."""
        stored = [{"row": n, "table": table, "values": {k: v for k, v in row.items() if v is not None}} for n, row in enumerate(rows)]
        return self.send({"id": 1, "query": query, "now": now, "rows": stored})

    def end(self):
        self.process.stdin.close()
        self.process.wait()
