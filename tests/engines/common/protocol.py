"""The protocol of ../README.md: lines of JSON on standard input, an answer to each on standard output."""

import json
import sys

PROTOCOL = 1


class Refused(Exception):
    """What a query ends with instead of rows: `syntax`, `failed`, `unknown` or `limit`, and why."""

    def __init__(self, kind, why):
        super().__init__(why)
        self.kind, self.why = kind, why


def answer(engine, request):
    """The answer to a request: row numbers, whether there is some row, or an error."""
    try:
        found = engine.run(request["query"], request["rows"], request["now"])
    except Refused as refused:
        return {"id": request["id"], "error": refused.why, "kind": refused.kind}
    return {"id": request["id"], **({"some": found} if isinstance(found, bool) else {"found": found})}


def serve(start, language):
    """Answers until the input ends. `start` makes an engine of the hello; an engine has a `name` and `run(query, rows, now)`,
    which gives row numbers, or a bool where the rows are no stored ones, or raises `Refused`. Anything else that it raises
    ends the program: a mistake of ours is no answer."""
    engine = None
    for line in sys.stdin:
        request = json.loads(line)
        if engine is None:
            hello = request["hello"]
            if hello["protocol"] != PROTOCOL or hello["language"] != language:
                sys.exit(f"this program speaks protocol {PROTOCOL} for {language}, not {hello['protocol']} for {hello['language']}")
            engine = start(hello)
            reply = {"ready": engine.name}
        else:
            reply = answer(engine, request)
        print(json.dumps(reply), flush=True)


def row_numbers(rows, place):
    """The numbers in that place of each row, sorted; whether there is a row, where one of them stands for no stored row."""
    if place is None or any(row[place] is None for row in rows):
        return bool(rows)
    return sorted({row[place] for row in rows})
