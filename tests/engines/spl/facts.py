#!/usr/bin/env python3
"""Asks an engine behind the protocol of ../README.md for every fact of tests/facts/spl.yml, which pins the engine of this project.

    facts.py PROGRAM [ARGUMENT...]

A fact that the engine contradicts ends with status 1; what it does not know is counted by its reasons.
"""

import collections
import pathlib
import sys

import yaml

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

from program import Program  # noqa: E402

FACTS = pathlib.Path(__file__).parents[2] / "facts/spl.yml"
NOW = 1_704_067_200.0  # as in tests/engine_spl.rs
# An engine need not tell what is no text of the language from what the product stops at.
STOPS = {"syntax", "error"}
KINDS = {"syntax": "syntax", "failed": "error", "limit": "limit"}


def judge(program, fact):
    """`agrees`, `answers what the fact leaves open`, `unknown: why`, or what differs."""
    query = fact["query"] if "query" in fact else f"* | where {fact['where']}"
    row = {name: value for name, value in fact["row"].items() if value is not None}
    answer, wanted = program.ask(query, [row], "events", NOW), fact["verdict"]
    if wanted == "unknown":
        # The built-in engine refuses it; another may know, or lack it too.
        return "agrees" if answer.get("kind") == "unknown" else "answers what the fact leaves open"
    if answer.get("kind") == "unknown":
        return "unknown: " + answer["error"]
    if "error" in answer:
        found = KINDS[answer["kind"]]
        return "agrees" if found == wanted or {found, wanted} == STOPS else f"gives {found} ({answer['error']}), not {wanted}"
    found = bool(answer.get("some", answer.get("found")))
    return "agrees" if found == wanted else f"gives {found}, not {wanted}"


def main(command):
    count, unknown = collections.Counter(), collections.Counter()
    program = Program(command, "spl")
    for group in yaml.load(FACTS.read_text(encoding="utf-8"), yaml.CSafeLoader):
        for fact in group["facts"]:
            said = judge(program, fact)
            count[said.partition(":")[0] if said.startswith(("a", "u")) else "DIFFER"] += 1
            if said.startswith("unknown"):
                unknown[said.partition(": ")[2]] += 1
            elif not said.startswith("a"):
                print(f"{fact.get('where', fact.get('query'))}   on {fact['row']}\n    {said}    [{group['about']}; {group['source']}]")
    program.end()
    print(f"{program.name}: {sum(count.values())} facts: " + ", ".join(f"{n} {what}" for what, n in count.most_common()))
    for reason, number in unknown.most_common():
        print(f"    {number} unknown: {reason}")
    return 1 if count["DIFFER"] or not count["agrees"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
