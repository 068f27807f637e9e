#!/usr/bin/env python3
"""Runs the queries of the conformance cases (conformance.jsonl) on an engine behind the protocol of ../README.md.

    cases.py PROGRAM [ARGUMENT...]

A case that finds other events than it is meant to ends with status 1; what the engine does not know is counted.
"""

import collections
import json
import pathlib
import sys

from facts import Program

# Cases that tell apart what a column cannot: a string column is empty where the value is missing, null or empty; an array
# inside an array, or on the way to a member, is not seen; a column has no objects' names. The queries carry a note, or
# the schema would have to say it.
LOST = {
    "A16": "an empty text", "B06": "an empty text", "J02": "null", "J01": "what is there and empty", "B05": "null",
    "B25": "arrays in arrays", "B26": "an array on the way", "B14": "an array on the way", "K02": "keywords in arrays",
    "K11": "keywords that are numbers",
}


def text(value, kind):
    """A value as a string column holds it."""
    return json.dumps(value) if kind == "string" and value is not None and not isinstance(value, str) else value


def judge(program, table, case):
    rows = [{name: text(row.get(name), kind) for name, kind in case["columns"].items()} for row in case["rows"]]
    answer = program.ask(table + case["query"].removeprefix("T"), rows, table)
    if "error" in answer:
        # Only what the engine does not know is no verdict.
        return f"{answer['kind']}: {answer['error'][:70]}" if answer["kind"] == "unknown" else "WRONG"
    if (answer.get("found") == case["expected"]) == (case["case"] not in LOST):
        return "lost in the column" if case["case"] in LOST else "agree"
    print(f"{case['case']}: expected {case['expected']}, found {answer}\n{case['query']}")
    return "WRONG"


def main(command):
    count = collections.Counter()
    lines = pathlib.Path(__file__).with_name("conformance.jsonl").read_text(encoding="utf-8").splitlines()
    cases = {f"Case{number}": json.loads(line) for number, line in enumerate(lines)}
    program = Program(command, {table: case["columns"] for table, case in cases.items() if "columns" in case})
    for table, case in cases.items():
        count["refused" if "refused" in case else judge(program, table, case)] += 1
    program.end()
    print("conformance cases: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    return 1 if count["WRONG"] or not count["agree"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
