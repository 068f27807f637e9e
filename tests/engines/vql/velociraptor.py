#!/usr/bin/env python3
"""Runs VQL on Velociraptor, behind the protocol of ../README.md. Needs Python 3.10, and nothing else.

The rows travel inside the query, in front of it, and `parse_evtx()` and `glob()` read these: no log is read and nothing is
written, neither on this machine nor on a server.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from protocol import Refused, serve  # noqa: E402

ROW = "_sigmaglot_row"
FOLDER = "C:\\Windows\\System32\\winevt\\Logs\\"
# Comments, texts, quoted names, words, numbers, and what is left, as vfilter's lexer parts them.
TOKEN = re.compile(r"""(?ms)\s+|/\*.*?\*/|^--.*?$|^//.*?$|'''.*?'''|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]+`|[A-Za-z_]\w*|<=|.""")
# A text that Velociraptor's parse_json() makes a time of; a log's row has it as a text.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
WHOLE = range(-2**63, 2**63)

EXAMPLES = """
examples:
  # the program on this machine
  sigmaglot verify rules --to vql --engine vql='tests/engines/vql/velociraptor.py --velociraptor ./velociraptor'

  # a server of yours, by a configuration for its API (velociraptor config api_client); the user needs the role that may query
  sigmaglot verify rules --to vql --engine-timeout 120 --engine vql='tests/engines/vql/velociraptor.py --api-config api.yaml'

  # the facts that pin the built-in engine
  tests/engines/vql/facts.py tests/engines/vql/velociraptor.py --velociraptor ./velociraptor
"""


def tokens(query):
    return [match.group() for match in TOKEN.finditer(query)]


def silent(token):
    return token.isspace() or token.startswith(("/*", "--", "//"))


def instrumented(query):
    """The query with our plugins, whose statements return the row's number too; and whether one does. A summary has none."""
    parts = tokens(query)
    loud = [at for at, token in enumerate(parts) if not silent(token)]
    depth, starts, grouped = 0, [], set()
    for place, at in enumerate(loud):
        token, before = parts[at], parts[loud[place - 1]] if place else ""
        after = parts[loud[place + 1]] if place + 1 < len(loud) else ""
        word = token.upper()
        depth += (token in "({[") - (token in ")}]")
        if token in ("parse_evtx", "glob") and after == "(":
            parts[at] = f"_sigmaglot_{token}"
        elif depth == 0 and word in ("SELECT", "LET"):
            # LET name = SELECT is no statement of its own.
            starts.append(at if word == "SELECT" and before not in ("=", "<=") else None)
        elif depth == 0 and word == "GROUP" and after.upper() == "BY" and starts:
            grouped.add(starts[-1])
    marked = [at for at in starts if at is not None and at not in grouped]
    for at in marked:
        parts[at] += f" {ROW},"
    return "".join(parts), bool(marked)


def text_of(text):
    if "'''" not in text and not text.endswith("'"):
        return f"'''{text}'''"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escaped}"'


def expression(value):
    """A value in VQL. JSON, which VQL's dict() and numbers cannot say everything of, stands where it can: it knows no times."""
    if not any(TIME.fullmatch(text) for text in texts(value)) and isinstance(value, (dict, list)):
        # In a raw text nothing is escaped but by JSON itself.
        return "parse_json(data='''" + json.dumps({"x": value}).replace("'", "\\u0027") + "''').x"
    match value:
        case None | True | False:
            return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
        case str():
            return text_of(value)
        case dict() if all(name and "`" not in name for name in value):
            return "dict(" + ", ".join(f"`{name}`={expression(member)}" for name, member in value.items()) + ")"
        case list():
            return "array(" + ", ".join(f"x{at}={expression(element)}" for at, element in enumerate(value)) + ")"
        case int() if value in WHOLE:
            return str(value)
        case float():
            return repr(value)
    raise Refused("unknown", "a row that neither JSON nor VQL can say")


def before(rows):
    """What stands in front of a query: the stored rows, and plugins that read them."""
    names = sorted({row["table"] for row in rows})
    stored = [{**row["values"], ROW: row["row"], "_sigmaglot_file": rf"(?:^|[\\/]){re.escape(row['table'])}$"} for row in rows]
    files = [{"OSPath": FOLDER + name, "Name": name, "IsDir": False} for name in names]
    # A pattern of paths as a regular expression: / for \, signs escaped, then ** * ? in their turn.
    pattern = "Globs"
    for sign, by in ((r"\\", "/"), (r"[.+^$()|%]", r"\$0"), (r"\*\*\d*", "\x01"), (r"\*", "[^/]*"), (r"\?", "[^/]"), ("\x01", ".*")):
        by = by.replace("$0", "${0}")
        pattern = f"regex_replace(source={pattern}, re='''{sign}''', replace='''{by}''')"
    return f"""LET _sigmaglot_stored <= {expression(stored)}
LET _sigmaglot_files <= {expression(files)}
LET _sigmaglot_parse_evtx(filename) = SELECT * FROM foreach(row=_sigmaglot_stored) WHERE filename =~ _sigmaglot_file
LET _sigmaglot_pattern(Globs) = '^/?' + {pattern} + '$'
LET _sigmaglot_glob(globs) = SELECT * FROM foreach(row=_sigmaglot_files)
  WHERE regex_replace(source=OSPath, re='''\\\\''', replace='/') =~ _sigmaglot_pattern(Globs=globs)
"""


def texts(value):
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for element in value:
            yield from texts(element)
    elif isinstance(value, str):
        yield value


class Velociraptor:
    name = "Velociraptor"

    def __init__(self, args):
        self.args = args

    def run(self, query, rows, now):
        if re.search(r"\bnow\s*\(", query):
            raise Refused("unknown", "now(): Velociraptor has only its own clock")
        text, marked = instrumented(query)
        returned = self.ask(before(rows) + text)
        numbers = [row.get(ROW) for row in returned]
        if None in numbers or (not numbers and not marked):
            return bool(returned)
        return sorted(set(numbers))

    def ask(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".vql", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            api = ["--api_config", self.args.api_config] if self.args.api_config else []
            command = [self.args.velociraptor, *api, "query", "--nobanner", "--nocolor", "--verbose", "--format", "jsonl", "--from_files", file.name]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=self.args.timeout)
            except subprocess.TimeoutExpired:
                raise Refused("limit", f"no answer within {self.args.timeout} s") from None
            except OSError as error:
                sys.exit(f"velociraptor.py: {error}")
        if done.returncode == 0:
            return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        said = [line for line in done.stderr.splitlines() if "error:" in line or "[ERROR]" in line] or done.stderr.splitlines()[-3:]
        why = said[-1].partition("error: ")[2] or said[-1] if said else f"status {done.returncode}"
        if re.search(r"parse VQL|unexpected token|invalid token|lexer", why):
            raise Refused("syntax", why[:1000])
        if re.search(r"arg \S+ when calling _sigmaglot_", why):
            raise Refused("unknown", "parse_evtx() and glob() with other arguments than filename and globs")
        if re.search(r"not found|is not a function", why):
            raise Refused("failed", why[:1000])
        sys.exit(f"velociraptor.py: {' '.join(command[:2])} ended with {done.returncode}: {why[:1000]}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--velociraptor", metavar="PROGRAM", default="velociraptor", help="the program (default: %(default)s)")
    parser.add_argument("--api-config", metavar="FILE", help="ask the server of this API configuration instead of this machine")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=55, help="how long a query may take (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    args = arguments()
    serve(lambda _: Velociraptor(args), "vql")
