#!/usr/bin/env python3
"""Asks two engines behind the protocol of ../README.md the same random queries (queries.py), and says where their answers differ.

    compare.py [--seed N] [--count N] ONE OTHER      each a command in quotes

What one of them does not know is no difference; it is counted.
"""

import sys

from facts import Program
from queries import COLUMNS, Queries

from random_queries import main as compare  # of ../common, which facts.py finds


def main():
    return compare(lambda command: Program(command, {"T": COLUMNS}), Queries)


if __name__ == "__main__":
    sys.exit(main())
