#!/usr/bin/env python3
"""Asks an engine behind the protocol of ../README.md for every fact of tests/facts/kql.yml, which pins the engine of this project.

    facts.py PROGRAM [ARGUMENT...]
    facts.py | node facts.js        without a program it prints the queries, for Microsoft's binder

A fact that the engine contradicts ends with status 1; what it does not know is counted by its reasons.
"""

import collections
import concurrent.futures
import json
import pathlib
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
import program  # noqa: E402

FACTS = pathlib.Path(__file__).parents[2] / "facts/kql.yml"
NOW = 1_709_251_200.0  # as in tests/engine_kql.rs
KINDS = {"syntax": "syntax", "error": "failed"}


class Program(program.Program):
    """An engine that has said what it is, with tables of these columns."""

    def __init__(self, command, tables):
        super().__init__(command, "kql", tables=tables)

    def ask(self, query, rows, table="T"):
        return super().ask(query, [{k: v for k, v in row.items() if v is not None and v != ""} for row in rows], table, NOW)


def filtering(predicate, form):
    """A query of a fact's `where`, which may begin with `let` statements."""
    lets, end, rest = predicate.rpartition(";")
    return f"{lets}{end} T | where " + form.replace("{}", rest)


def verdicts(program, predicate, rows):
    """For each row true, false or null; or the answer that is no list of rows."""
    holds = program.ask(filtering(predicate, "{}"), rows)
    fails = program.ask(filtering(predicate, "not({}\n)"), rows)
    for answer in (holds, fails):
        if "found" not in answer:
            return answer
    return [row in holds["found"] if (row in holds["found"]) != (row in fails["found"]) else None for row in range(len(rows))]


def judge(program, fact):
    """`agrees`, `unknown: why`, or what differs."""
    rows = fact.get("rows", [])
    if "where" in fact:
        found, wanted = verdicts(program, fact["where"], rows), fact.get("verdicts", [])
    else:
        found = program.ask(fact["query"], rows)
        wanted = fact.get("finds", fact.get("any"))
        if "error" not in found:
            # A summary may keep the number of a row, and rows that lost theirs are only some.
            if isinstance(wanted, bool) or "some" in found:
                found, wanted = bool(found.get("some", found.get("found"))), bool(wanted)
            else:
                found = found["found"]
    wanted = KINDS.get(fact["refused"], "unknown") if "refused" in fact else wanted
    if isinstance(found, dict):
        if found["kind"] == "unknown":
            return "unknown: " + found["error"]
        found = found["kind"]
    if found == wanted or wanted == "unknown":
        return "agrees"
    return f"gives {found}, not {wanted}"


def judge_all(command, columns, facts):
    """The engine's name, and what it says of each fact on a table of these columns."""
    program = Program(command, {"T": columns})
    said = [(source, fact, judge(program, fact)) for source, fact in facts]
    program.end()
    return program.name, said


def queries(groups):
    """Each fact's query with its columns, and how it is refused, if it is."""
    for group in groups:
        for fact in group["facts"]:
            query = fact["query"] if "query" in fact else filtering(fact["where"], "{}")
            print(json.dumps({"query": query, "columns": group["columns"], "refused": fact.get("refused")}))


def main(command):
    listed = yaml.load(FACTS.read_text(encoding="utf-8"), yaml.CSafeLoader)
    if not command:
        return queries(listed)
    groups = collections.defaultdict(list)
    for group in listed:
        groups[json.dumps(group["columns"])] += [(group["source"], fact) for fact in group["facts"]]
    count, unknown = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(judge_all, command, json.loads(columns), facts) for columns, facts in groups.items()]
    for job in jobs:
        name, answers = job.result()
        for source, fact, said in answers:
            count[said.partition(":")[0] if said.startswith(("agrees", "unknown")) else "DIFFER"] += 1
            if said.startswith("unknown"):
                unknown[said.partition(": ")[2]] += 1
            elif said != "agrees":
                print(f"{fact.get('where', fact.get('query'))}\n    {said}    [{source}]")
    print(f"{name}: {sum(count.values())} facts: " + ", ".join(f"{n} {what}" for what, n in count.most_common()))
    for reason, number in unknown.most_common():
        print(f"    {number} unknown: {reason}")
    return 1 if count["DIFFER"] or not count["agrees"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
