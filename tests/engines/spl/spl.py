#!/usr/bin/env python3
"""Runs SPL on an executor that is written from Splunk's manuals alone, behind the protocol of ../README.md.

    sigmaglot verify rules --to spl --engine spl='target/spl/venv/bin/python tests/engines/spl/spl.py'

What the manuals do not say, or it lacks, it refuses as `unknown`. Needs requirements.txt.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

import pcre2  # noqa: E402
from protocol import serve  # noqa: E402

from executor.run import bounded, run  # noqa: E402

SECONDS = 20


class Spl:
    def __init__(self, _):
        self.name = f"an executor from Splunk's manuals, PCRE2 {pcre2.__libpcre2_version__}"

    def run(self, query, rows, now):
        return bounded(lambda: run(query, rows, now), SECONDS)


if __name__ == "__main__":
    serve(Spl, "spl")
