#!/usr/bin/env python3
"""Has `sigmaglot verify` judge rules with an engine behind the protocol of ../README.md and with the built-in one.

    verdicts.py SIGMAGLOT ENGINE PATH...         a PATH with :N behind it stands for every Nth rule below it
"""

import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

from verdicts_of import verdicts  # noqa: E402

# Reasons of the executor for which it may have no verdict: no page says what Splunk does there.
NAMED = re.compile(r"of a field with several values$|the case of letters such as ſ$|spath of what is neither JSON nor XML$|an address with a zone$|"
                   r"spath that ends at null, an object or an array$")


if __name__ == "__main__":
    sys.exit(verdicts(*sys.argv[1:3], "spl", NAMED, sys.argv[3:]))
