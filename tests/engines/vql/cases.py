#!/usr/bin/env python3
"""Runs the queries of the conformance cases (conformance.jsonl) and of the idioms (cases.jsonl) on an engine behind the protocol of ../README.md.

    cases.py PROGRAM [ARGUMENT...]

A case that finds other events than it is meant to ends with status 1; what the engine does not know is counted.
"""

import collections
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from program import Program  # noqa: E402

NOW = 1_790_000_000.0
# Conformance cases of what VQL cannot see: objects in lists, dotted keys beside objects.
LOST = {"B14", "B27"}
LOGS = re.compile(r"file='*([^'()]+?\.evtx)'")


def files(case):
    """The stored rows of each file: those of the one that the query reads, or of several by name."""
    rows = case["rows"]
    if isinstance(rows, dict):
        return rows
    return {name: rows for name in LOGS.findall(case["query"])[:1]}


def judge(program, case):
    stored = [{"row": number, "table": name, "values": row} for name, rows in files(case).items() for number, row in enumerate(rows)]
    several = isinstance(case["rows"], dict)
    if several:
        # A row is named by its file and its place there.
        named = [f"{row['table']}:{row['row']}" for row in stored]
        for number, row in enumerate(stored):
            row["row"] = number
    answer = program.send({"id": 1, "query": case["query"], "now": NOW, "rows": stored})
    if "error" in answer:
        # Only what the engine does not know is no verdict.
        return f"{answer['kind']}: {answer['error'][:70]}" if answer["kind"] == "unknown" else wrong(case, answer)
    found = answer.get("found", answer.get("some"))
    if several and isinstance(found, list):
        found = [named[number] for number in found]
    expected = case["expected"]
    if several and isinstance(expected, list):
        expected = sorted(f"{one[0]}:{one[1]}" if isinstance(one, list) else one for one in expected)
        found = sorted(found) if isinstance(found, list) else found
    if (found == expected) == (case["case"] not in LOST):
        return "lost in the language" if case["case"] in LOST else "agree"
    return wrong(case, answer)


def wrong(case, answer):
    print(f"{case['case']}: expected {case['expected']}, found {answer}\n{case['query']}")
    return "WRONG"


def main(command):
    count = collections.Counter()
    here = pathlib.Path(__file__)
    lines = [line for name in ("conformance.jsonl", "cases.jsonl") for line in here.with_name(name).read_text(encoding="utf-8").splitlines()]
    program = Program(command, "vql")
    for case in map(json.loads, lines):
        count["refused" if "refused" in case else judge(program, case)] += 1
    program.end()
    print("conformance cases and idioms: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    return 1 if count["WRONG"] or not count["agree"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
