#!/usr/bin/env python3
"""Has `sigmaglot verify` judge rules with an engine behind the protocol of ../README.md and with the built-in one.

    verdicts.py SIGMAGLOT ENGINE PATH...         a PATH with :N behind it stands for every Nth rule below it
"""

import pathlib
import re
import sys

sys.path[0] = str(pathlib.Path(__file__).parents[1] / "common")

import verdicts  # noqa: E402

# Reasons of the executor for which it may have no verdict: no page says what Splunk does there.
verdicts.NAMED["spl"] = re.compile(r"of a field with several values$|the case of letters such as ſ$|spath of what is neither JSON nor XML$|an address with a zone$|"
                                   r"spath that ends at null, an object or an array$")
verdicts.LACKING["spl"] = re.compile(r"(?!)")

if __name__ == "__main__":
    sys.exit(verdicts.main("spl", *sys.argv[1:]))
