"""A program behind the protocol of ../README.md, from the side that asks."""

import json
import subprocess
import sys


class Program:
    """An engine that has said what it is."""

    def __init__(self, command, language, place="facts", **hello):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = self.send({"hello": {"protocol": 1, "language": language, "place": place, "tables": {}, **hello}})["ready"]

    def send(self, request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended at {json.dumps(request)[:2000]}")
        return json.loads(line)

    def ask(self, query, rows, table, now, **more):
        """The answer to a query over rows of one table, numbered as they stand."""
        stored = [{"row": number, "table": table, "values": row} for number, row in enumerate(rows)]
        return self.send({"id": 1, "query": query, "now": now, "rows": stored, **more})

    def end(self):
        self.process.stdin.close()
        self.process.wait()
