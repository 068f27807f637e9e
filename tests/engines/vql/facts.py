#!/usr/bin/env python3
"""Asks an engine behind the protocol of ../README.md for every fact of tests/facts/vql.yml, which pins the engine of this project.

    facts.py PROGRAM [ARGUMENT...]

A fact that the engine contradicts ends with status 1; what it does not know is counted by its reasons. Where a fact says which rows a
query gives, with their columns, an engine that answers `gives` (engine/) is asked for these; of another, which rows it finds is compared.
"""

import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "common"))
from program import Program  # noqa: E402

FACTS = pathlib.Path(__file__).parents[2] / "facts/vql.yml"
NOW = 1_790_000_000.0  # as in tests/engine_vql.rs
ROWS = "LET Rows = SELECT * FROM parse_evtx(filename='Rows.evtx') LET rows = SELECT * FROM Rows "


# By the engine's version, facts of the vfilter of 2026-08-20 which an older one answers differently: it takes a sign apart from its number.
OLDER = {"vfilter v0.0.0-20250915140904-eb07b966bcef": {"SELECT id FROM rows() WHERE n = - 1", "SELECT id FROM rows() WHERE n = +50"}}


def read():
    """The sets of rows by name, and the facts: a line of JSON each, as YAML allows."""
    sets, facts, name = {}, [], None
    for line in FACTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("  - {"):
            facts.append(json.loads(line[4:]))
        elif line.startswith("    - {"):
            sets[name].append(json.loads(line[6:]))
        elif line.startswith("  ") and line.endswith(":"):
            sets[name := line.strip(" :")] = []
    return sets, facts


def rows_of(fact, sets):
    if "rows" in fact:
        return sets[fact["rows"]]
    if "pattern" in fact:
        return [{"F": text} for text in fact["texts"]]
    return [{"EventData": event} if fact.get("layout") == "nested" else event for event in fact.get("events", [])]


def query_of(fact):
    if "query" in fact:
        return fact["query"]
    return "SELECT * FROM rows() WHERE " + (fact["where"] if "where" in fact else f"F =~ '''{fact['pattern']}'''")


def judge(program, fact, rows):
    """`agrees`, `unknown: why`, or what differs."""
    answer = program.ask(ROWS + query_of(fact), rows, "Rows.evtx", NOW, give="gives" in fact)
    kind = answer.get("kind")
    if fact.get("syntax"):
        return "agrees" if kind == "syntax" else f"gives {answer}, not a syntax error"
    if "unknown" in fact:
        # What the built-in engine refuses to judge, another may know.
        return "agrees"
    if kind in ("unknown", "limit"):
        return f"unknown: {answer['error']}"
    if kind:
        return f"ends: {answer['error']}"
    if "found" in fact:
        return "agrees" if answer.get("found") == fact["found"] else f"gives {answer}, not {fact['found']}"
    if "gives" in answer:
        return "agrees" if answer["gives"] == fact["gives"] else f"gives {answer['gives']}, not {fact['gives']}"
    if "found" in answer and all("id" in row for row in fact["gives"]):
        wanted = sorted({row["id"] for row in fact["gives"]})
        found = [rows[number]["id"] for number in answer["found"]]
        return "agrees" if found == wanted else f"finds the ids {found}, not {wanted}"
    some = bool(answer.get("some", answer.get("found")))
    return "agrees" if some == bool(fact["gives"]) else f"finds {answer}, not {fact['gives']}"


def main(command):
    sets, facts = read()
    count, unknown = collections.Counter(), collections.Counter()
    program = Program(command, "vql")
    for fact in facts:
        if query_of(fact) in OLDER.get(program.name, ()):
            count["of a newer version"] += 1
            continue
        said = judge(program, fact, rows_of(fact, sets))
        count[said.partition(":")[0] if said.startswith(("agrees", "unknown")) else "DIFFER"] += 1
        if said.startswith("unknown"):
            unknown[said.partition(": ")[2]] += 1
        elif said != "agrees":
            print(f"{query_of(fact)}\n    {said}    [{fact['source']}]")
    program.end()
    print(f"{program.name}: {sum(count.values())} facts: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    for reason, number in unknown.most_common():
        print(f"    {number} unknown: {reason}")
    return 1 if count["DIFFER"] or not count["agrees"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
