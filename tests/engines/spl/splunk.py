#!/usr/bin/env python3
"""Runs SPL on a Splunk of yours, behind the protocol of ../README.md. Needs Python 3.9, and nothing else.

The rows travel inside the search: `| makeresults count=N | streamstats count AS sigmaglot_row | eval FIELD=case(...), ...` makes them, and the
query follows as `| search ...`. Nothing is written to Splunk, no index is read. So this asks Splunk what the language means: terms of `_raw`
are looked for as `search` does later in a pipeline, without an index; what a source's add-on makes of an event is not asked.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

from protocol import Refused, row_numbers, serve  # noqa: E402

ROW = "sigmaglot_row"
# Search Reference, REST: https://help.splunk.com/en/splunk-enterprise/leverage-rest-apis/rest-api-reference (search/v2/jobs/export)
EXPORT, INFO = "/services/search/v2/jobs/export", "/services/server/info"
RETRIED = (429, 500, 502, 503, 504)
LONGEST_WAIT = 60
# Commands whose result depends on more than one row: such a query cannot be asked in parts.
TOGETHER = re.compile(r"\|\s*(?:stats|eventstats|streamstats|tstats|dedup|head|tail|sort|top|rare|chart|timechart|transaction|join|append\w*|reverse|uniq|bin|bucket)\b")
CLOCK = re.compile(r"\b(?:now|time|relative_time)\s*\(|\b(?:earliest|latest)\s*=")

EXAMPLES = """
examples:
  # with a token (Settings > Tokens)
  export SPLUNK_TOKEN=...
  sigmaglot verify rules --to spl --engine spl='tests/engines/spl/splunk.py --url https://HOST:8089'

  # with a user, and a certificate that Splunk signed itself
  export SPLUNK_USER=... SPLUNK_PASSWORD=...
  sigmaglot verify rules --to spl --engine spl='tests/engines/spl/splunk.py --url https://localhost:8089 --insecure'

  # the facts that pin the built-in engine
  tests/engines/spl/facts.py tests/engines/spl/splunk.py --url https://HOST:8089
"""


def text(value):
    """A text of an eval expression; only a backslash and a quotation mark are written in another way."""
    if "\0" in value:
        raise Refused("unknown", "a value with NUL")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name(field):
    if re.search(r"['\"\\|\[\]`]", field) or field != field.strip():
        raise Refused("unknown", f"a field with the name {field}")
    return f"'{field}'" if re.search(r"\W", field, re.ASCII) or field[:1].isdigit() else field


def made(rows):
    """The part of a search that makes the rows; what a row lacks is null."""
    fields = dict.fromkeys(field for row in rows for field in row["values"])
    assigned = []
    for field in fields:
        cases = []
        for at, row in enumerate(rows, 1):
            value = row["values"].get(field)
            if value is None or value == []:
                continue
            values = [one if isinstance(one, str) else json.dumps(one) for one in (value if isinstance(value, list) else [value])]
            given = text(values[0]) if len(values) == 1 else f"mvappend({','.join(map(text, values))})"
            cases.append(f"{ROW}={at},{given}")
        if field == "_time":
            cases = [case.replace('"', "") for case in cases]
        if cases:
            assigned.append(f"{name(field)}=case({','.join(cases)})")
    clear = ["_time=null()"] if "_time" not in fields else []
    sets = "".join(f" | eval {one}" for one in [*clear, *assigned])
    # The numbers that the answer gives come last, so that the cases above may count.
    numbers = ",".join(f"{ROW}={at},{row['row']}" for at, row in enumerate(rows, 1))
    return f"| makeresults count={len(rows)} | streamstats count AS {ROW}{sets} | eval {ROW}=case({numbers})"


def stops(said):
    """What stopped a query, by Splunk's words; None where it is not the query."""
    if re.search(r"concurrent|quota|timed? ?out|auto-cancel|exceed|too (?:long|large|many)|limit", said, re.I):
        return "limit"
    if re.search(r"malformed|unbalanced|mismatched|missing|unable to parse|expected|invalid|unexpected|unterminated", said, re.I):
        return "syntax"
    if re.search(r"Error in '|Unknown search command|regex|Typechecking|type|argument", said):
        return "failed"
    return None


class Splunk:
    def __init__(self, args):
        self.args, self.url = args, args.url.rstrip("/")
        self.context = ssl._create_unverified_context() if args.insecure else ssl.create_default_context()
        self.authorization = authorization()
        info = self.send(INFO + "?output_mode=json", None)[1]
        try:
            self.name = f"Splunk {json.loads(info)['entry'][0]['content']['version']}"
        except (ValueError, LookupError, TypeError):
            sys.exit(f"splunk.py: {INFO} answers no version: {info[:200]}")

    def send(self, path, form):
        """Status and body; a service that is busy is asked again."""
        body = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.url + path, body, {"Authorization": self.authorization})
        for attempt in range(self.args.retries + 1):
            try:
                with urllib.request.urlopen(request, timeout=self.args.timeout, context=self.context if self.url.startswith("https") else None) as answer:
                    return answer.status, answer.read().decode("utf-8", "replace")
            except urllib.error.HTTPError as error:
                said = error.read().decode("utf-8", "replace")
                if error.code not in RETRIED or attempt == self.args.retries:
                    if error.code in (401, 403):
                        sys.exit(f"splunk.py: HTTP {error.code}: {said[:500]}")
                    return error.code, said
                time.sleep(min(float(error.headers.get("Retry-After") or self.args.wait * 2**attempt), LONGEST_WAIT))
            except TimeoutError:
                raise Refused("limit", f"no answer within {self.args.timeout} s") from None
            except OSError as error:
                if isinstance(getattr(error, "reason", None), TimeoutError):
                    raise Refused("limit", f"no answer within {self.args.timeout} s") from None
                sys.exit(f"splunk.py: {self.url}: {error}")
        raise AssertionError

    def run(self, query, rows, _):
        if query.lstrip().startswith("|"):
            raise Refused("unknown", "a search that starts with a command of its own")
        if CLOCK.search(query):
            raise Refused("unknown", "the clock and the time range: Splunk has only its own")
        if not rows:
            return []
        # An index gives the latest event first.
        rows = sorted(rows, key=lambda row: -float(row["values"].get("_time") or 0))
        found = [self.ask(query, part) for part in self.parts(query, rows)]
        if any(isinstance(one, bool) for one in found):
            return any(found)
        return sorted({number for one in found for number in one})

    def parts(self, query, rows):
        """The rows in as few searches as their length allows."""
        size = len(query) + len(made(rows))
        if size <= self.args.longest:
            return [rows]
        if TOGETHER.search(query) or len(rows) == 1:
            raise Refused("limit", f"a search of {size} characters")
        half = len(rows) // 2
        return self.parts(query, rows[:half]) + self.parts(query, rows[half:])

    def ask(self, query, rows):
        query = query.strip()
        query = query if re.match(r"search\s", query) else f"search {query}"
        form = {"search": f"{made(rows)} | {query}", "output_mode": "json", "preview": "false", "earliest_time": "0", "latest_time": "now"}
        status, body = self.send(EXPORT, form)
        lines = []
        try:
            # Only \n ends a line; a value may hold other ends of lines.
            lines = [json.loads(line) for line in body.split("\n") if line.strip()]
            said = " ".join(f"{one['text']}" for line in lines for one in line.get("messages", ()) if one.get("type") in ("FATAL", "ERROR"))
            results = [line["result"] for line in lines if "result" in line and not line.get("preview")]
            numbers = [(int(one[ROW]) if ROW in one else None,) for one in results]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            sys.exit(f"splunk.py: HTTP {status}: no answer of a search ({error}): {body[:500]}")
        if status != 200 or said:
            kind = stops(said) if said else "limit" if status in RETRIED else None
            if kind is None:
                sys.exit(f"splunk.py: HTTP {status}: {said or body[:500]}")
            raise Refused(kind, said or f"HTTP {status}")
        if not any("result" in line or line.get("lastrow") for line in lines):
            sys.exit(f"splunk.py: the answer has no end: {body[:500]}")
        return row_numbers(numbers, 0)


def authorization():
    if token := os.environ.get("SPLUNK_TOKEN"):
        return f"Bearer {token}"
    if "SPLUNK_USER" in os.environ and "SPLUNK_PASSWORD" in os.environ:
        return "Basic " + base64.b64encode(f"{os.environ['SPLUNK_USER']}:{os.environ['SPLUNK_PASSWORD']}".encode()).decode()
    sys.exit("splunk.py: set SPLUNK_TOKEN, or SPLUNK_USER and SPLUNK_PASSWORD")


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="the management port, such as https://HOST:8089")
    parser.add_argument("--insecure", action="store_true", help="take any certificate")
    parser.add_argument("--timeout", type=int, default=55, help="seconds for an answer")
    parser.add_argument("--retries", type=int, default=4, help="how often a busy service is asked again")
    parser.add_argument("--wait", type=float, default=1, help="seconds before the first of them; doubled each time")
    parser.add_argument("--longest", type=int, default=100_000, help="characters of a search; more rows go in several")
    args = parser.parse_args()
    serve(lambda _: Splunk(args), "spl")


if __name__ == "__main__":
    main()
