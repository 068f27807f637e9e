#!/usr/bin/env python3
"""Asks two engines behind the protocol of ../README.md the same random searches, and says where their answers differ.

    compare.py [--seed N] [--count N] ONE OTHER      each a command in quotes
"""

import argparse
import pathlib
import random
import shlex
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

from comparing import compare  # noqa: E402
from program import Program  # noqa: E402
from queries import Queries  # noqa: E402

NOW = 1_704_067_200.0
ROWS = 16


class Asked:
    """A program that is asked about stored events."""

    def __init__(self, command):
        self.program = Program(command, "spl")
        self.name = self.program.name

    def ask(self, query, rows):
        return self.program.ask(query, rows, "events", NOW)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("one", type=shlex.split)
    parser.add_argument("other", type=shlex.split)
    args = parser.parse_args()
    queries = Queries(random.Random(args.seed))
    programs = [Asked(command) for command in (args.one, args.other)]
    count = compare(programs, ((queries.query(), [queries.row() for _ in range(ROWS)]) for _ in range(args.count)))
    for one in programs:
        one.program.end()
    return 1 if count["DIFFER"] or count["agree"] < args.count / 2 else 0


if __name__ == "__main__":
    sys.exit(main())
