#!/usr/bin/env python3
"""Asks two engines behind the protocol of ../README.md the same random queries (queries.py), and says where their answers differ.

    compare.py [--seed N] [--count N] ONE OTHER      each a command in quotes

What one of them does not know is no difference; it is counted.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
import random_queries  # noqa: E402
from program import Program  # noqa: E402
from queries import Queries  # noqa: E402


class Asked(Program):
    def ask(self, query, rows):
        return super().ask(query, rows, "T.evtx", 1_790_000_000.0)


if __name__ == "__main__":
    sys.exit(random_queries.main(lambda command: Asked(command, "vql"), Queries))
