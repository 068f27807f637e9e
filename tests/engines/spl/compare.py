#!/usr/bin/env python3
"""Asks two engines behind the protocol of ../README.md the same random searches (queries.py), and says where their answers differ.

    compare.py [--seed N] [--count N] ONE OTHER      each a command in quotes
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

import random_queries  # noqa: E402
from program import Program  # noqa: E402
from queries import Queries  # noqa: E402

NOW = 1_704_067_200.0


class Asked:
    """A program that is asked about stored events."""

    def __init__(self, command):
        self.program = Program(command, "spl")
        self.name = self.program.name

    def ask(self, query, rows):
        return self.program.ask(query, rows, "events", NOW)

    def end(self):
        self.program.end()


if __name__ == "__main__":
    sys.exit(random_queries.main(Asked, Queries))
