#!/usr/bin/env python3
"""Runs the queries of the conformance cases (conformance.jsonl) on an engine behind the protocol of ../README.md.

    cases.py [--cases FILE] PROGRAM [ARGUMENT...]

A case that finds other events than it is meant to ends with status 1; what the engine does not know is counted.
"""

import argparse
import collections
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

from program import Program  # noqa: E402

# Cases that tell apart what the fields of an event cannot: what is null or empty is no field, a number is its text, an object is only
# its members, two ways to a member are one name; and _raw has names as well as values. In a schema each would be a loss that is listed.
LOST = {"J01", "J02", "B01", "B25", "B27", "B16", "B14", "K02", "K11"}


def judge(program, case):
    answer = program.ask(case["query"], case["rows"], "events", 1_700_000_000.0)
    if answer.get("kind") == "unknown":
        return f"unknown: {answer['error'][:70]}"
    wanted, found = set(case["expected"]), set(answer.get("found", ()))
    holds = "found" in answer and {"exact": found == wanted, "wider": found >= wanted, "narrower": found <= wanted}[case["claim"]]
    if holds != (case["case"] in LOST):
        return "agree" if holds else "lost in the field"
    print(f"{case['case']}, {case['claim']}: expected {case['expected']}, found {answer}\n{case['query']}\n{case['rows']}")
    return "WRONG"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=pathlib.Path, default=pathlib.Path(__file__).with_name("conformance.jsonl"))
    parser.add_argument("program", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    count, program = collections.Counter(), Program(args.program, "spl")
    for line in args.cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        count["refused" if "refused" in case else judge(program, case)] += 1
    program.end()
    print("conformance cases: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    return 1 if count["WRONG"] or not count["agree"] else 0


if __name__ == "__main__":
    sys.exit(main())
