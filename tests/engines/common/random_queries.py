"""Asks two engines behind the protocol of ../README.md the same random queries, and says where their answers differ.

    compare.py [--seed N] [--count N] ONE OTHER      each a command in quotes

What one of them does not know is no difference; it is counted.
"""

import argparse
import collections
import concurrent.futures
import random
import shlex
import sys

ROWS = 24


def same(one, other):
    """Whether two answers say the same; None where one of them is that it does not know."""
    kinds = {answer.get("kind") for answer in (one, other)}
    if kinds & {"unknown", "limit"}:
        return None
    if kinds != {None}:
        # An engine need not tell what is no text of the language from what the product stops at.
        return None not in kinds
    if "found" in one and "found" in other:
        return one["found"] == other["found"]
    truth = [bool(answer.get("some", answer.get("found"))) for answer in (one, other)]
    return truth[0] == truth[1]


def main(start, draw):
    """`start` makes a program of a command; `draw` makes of a generator what has `row()` and `query()`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("one", type=shlex.split)
    parser.add_argument("other", type=shlex.split)
    args = parser.parse_args()
    queries = draw(random.Random(args.seed))
    programs = [start(command) for command in (args.one, args.other)]
    count, unknown = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(args.count):
            rows, query = [queries.row() for _ in range(ROWS)], queries.query()
            answers = list(pool.map(lambda program: program.ask(query, rows), programs))
            verdict = same(*answers)
            count[{True: "agree", False: "DIFFER", None: "unknown"}[verdict]] += 1
            if verdict is None:
                for program, answer in zip(programs, answers):
                    if answer.get("kind") in ("unknown", "limit"):
                        unknown[f"{program.name}: {answer['error'][:70]}"] += 1
            elif not verdict:
                print(query)
                found = [set(answer.get("found", ())) for answer in answers]
                for program, answer in zip(programs, answers):
                    print(f"    {program.name}: {({key: value for key, value in answer.items() if key != 'id'})}")
                for row in sorted(found[0] ^ found[1])[:3]:
                    print(f"    {row}: {rows[row]}")
    for program in programs:
        program.end()
    print(f"{args.count} queries, seed {args.seed}: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    for reason, number in unknown.most_common(20):
        print(f"    {number} unknown to {reason}")
    return 1 if count["DIFFER"] or not count["agree"] else 0

