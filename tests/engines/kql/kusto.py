#!/usr/bin/env python3
"""Runs KQL on a service of Microsoft's, behind the protocol of ../README.md. Needs Python 3.9, and nothing else.

The rows travel inside the query, as `let DeviceProcessEvents = datatable(...)[...];` in front of it: nothing is written to the
service, and its own table of that name is not read. On a cluster no other table can be read either (`restrict access`);
in a workspace or in Defender, a query that names a table which the hello did not describe reads that of the service.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

from literals import datatable, name

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from protocol import Refused, row_numbers, serve  # noqa: E402

ROW = "_sigmaglot_row"
RETRIED = (429, 500, 502, 503, 520)
LONGEST_WAIT = 60
# Words of operators and functions whose result depends on more than one row: such a query cannot be asked in parts.
TOGETHER = re.compile(r"\b(join|summarize|distinct|top|take|limit|sort|order|count|lookup|toscalar|serialize|partition|make-series|evaluate|"
                      r"sample|materialize|range|scan|fork|facet|reduce|as|mv-apply)\b|\bin~?\s*\(\s*\(?\s*\w+\s*\|")
CLOCK = re.compile(r"\b(now|ago)\s*\(")

EXAMPLES = """
examples:
  # a free cluster of yours (https://dataexplorer.azure.com/freecluster), with the token that the Azure CLI has
  sigmaglot verify rules --to kql --engine kql='tests/engines/kql/kusto.py --cluster https://NAME.REGION.kusto.windows.net --database DB
      --token-command "az account get-access-token --resource https://NAME.REGION.kusto.windows.net"'

  # a workspace of Log Analytics (Sentinel)
  sigmaglot verify rules --to kql --engine kql='tests/engines/kql/kusto.py --workspace WORKSPACE-ID
      --token-command "az account get-access-token --resource https://api.loganalytics.io"'

  # Defender XDR, through Microsoft Graph; the application needs ThreatHunting.Read.All
  export KQL_TOKEN=...
  sigmaglot verify rules --to kql --engine kql='tests/engines/kql/kusto.py --defender' --engine-timeout 300

  # the facts that pin the built-in engine, asked of a cluster
  tests/engines/kql/facts.py tests/engines/kql/kusto.py --cluster https://NAME.REGION.kusto.windows.net --database DB

A token is read from the environment or from what a command prints (the token, or JSON with accessToken); it is never shown. When
the service says that it has expired, the command is run again.
"""


class Cluster:
    """Kusto: https://learn.microsoft.com/kusto/api/rest/request"""

    longest = 1_000_000

    def __init__(self, args):
        self.name = "Kusto"
        self.url, self.database = f"{(args.url or args.cluster).rstrip('/')}/v1/rest/query", args.database
        self.timeout = args.timeout

    def body(self, query, now):
        moment = datetime.fromtimestamp(now, timezone.utc).isoformat()
        minutes, seconds = divmod(self.timeout, 60)
        options = {"servertimeout": f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}", "query_now": moment, "request_readonly": True}
        return {"db": self.database, "csl": query, "properties": json.dumps({"Options": options})}

    @staticmethod
    def before(query, tables):
        """Only the views can be read, whatever the query names."""
        views = "".join(f"let {name(table)} = view () {{ {rows} }};\n" for table, rows in tables.items())
        return f"{views}restrict access to ({', '.join(map(name, tables)) or '*'});\n{query}"

    @staticmethod
    def table(answer):
        """Columns, rows, and what went wrong on the way."""
        first = answer["Tables"][0]
        return [column["ColumnName"] for column in first["Columns"]], first["Rows"], answer.get("Exceptions")


class Workspace:
    """Log Analytics: https://learn.microsoft.com/azure/azure-monitor/logs/api/overview"""

    # No page names a limit of the API; queries of alert rules may have as much.
    longest = 64_000

    def __init__(self, args):
        self.name = "Log Analytics"
        self.url = f"{(args.url or 'https://api.loganalytics.io').rstrip('/')}/v1/workspaces/{args.workspace}/query"

    def body(self, query, _):
        if CLOCK.search(query):
            raise Refused("unknown", "now() and ago(): this service has only its own clock")
        return {"query": query}

    @staticmethod
    def before(query, tables):
        return "".join(f"let {name(table)} = {rows};\n" for table, rows in tables.items()) + query

    @staticmethod
    def table(answer):
        first = answer["tables"][0]
        return [column["name"] for column in first["columns"]], first["rows"], answer.get("error")


class Defender(Workspace):
    """Microsoft Graph: https://learn.microsoft.com/graph/api/security-security-runhuntingquery"""

    def __init__(self, args):
        self.name = "Defender"
        self.url = f"{(args.url or 'https://graph.microsoft.com').rstrip('/')}/v1.0/security/runHuntingQuery"

    def body(self, query, now):
        return {"Query": super().body(query, now)["query"]}

    @staticmethod
    def table(answer):
        columns = [column.get("name", column.get("Name")) for column in answer["schema"]]
        return columns, [[row.get(column) for column in columns] for row in answer["results"]], None


def texts(error):
    """All codes and messages inside an error, as one text."""
    if isinstance(error, dict):
        return " ".join(texts(value) for key, value in error.items() if key != "@context")
    if isinstance(error, list):
        return " ".join(map(texts, error))
    return str(error)


def kind_of(status, error):
    """What stopped a query, by the services' codes; None where it is not the query."""
    said = texts(error)
    if status in (413, 429, 504) or re.search(r"LimitsExceeded|E_QUERY_|E_RUNAWAY_QUERY|80DA000\d|ResponseSizeError|GatewayTimeout|timed? ?out|quota|too large", said, re.I):
        return "limit"
    if re.search(r"\bSYN\d+\b|SyntaxError|Syntax error|syntax errors", said):
        return "syntax"
    if re.search(r"\bSEM\d+\b|SemanticError|semantic error|Failed to resolve|Relop|KustoBadRequestException", said, re.I):
        return "failed"
    return None


def message(error):
    """The innermost message."""
    while isinstance(error, dict):
        inner = error.get("innererror") or error.get("innerError") or error.get("error")
        text = error.get("@message") or error.get("@errorMessage") or error.get("message")
        if not isinstance(inner, dict) or not any(key in inner for key in ("message", "@message", "@errorMessage", "error", "innererror")):
            return text or json.dumps(error)
        error = inner
    return texts(error)


class Http:
    """Posts JSON with a token; asks again where the service is busy."""

    def __init__(self, args):
        self.args, self.token = args, None

    def get_token(self):
        if self.args.token_command:
            done = subprocess.run(self.args.token_command, shell=True, capture_output=True, text=True, timeout=60)
            if done.returncode != 0:
                sys.exit(f"kusto.py: the token's command failed: {done.stderr.strip()[:500]}")
            text = done.stdout.strip()
            return json.loads(text)["accessToken"] if text.startswith("{") else text
        if token := os.environ.get(self.args.token_env):
            return token
        sys.exit(f"kusto.py: no token: set {self.args.token_env}, or give --token-command (see --help)")

    def send(self, url, body):
        """Status, headers and text of one answer; status 0 where there is none."""
        self.token = self.token or self.get_token()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json; charset=utf-8", "Accept": "application/json",
                   "x-ms-app": "sigmaglot", "x-ms-readonly": "true"}
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=self.args.timeout) as reply:
                return reply.status, reply.headers, reply.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode("utf-8", "replace")
        except TimeoutError:
            raise Refused("limit", f"no answer within {self.args.timeout} s") from None
        except (urllib.error.URLError, ConnectionError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise Refused("limit", f"no answer within {self.args.timeout} s") from None
            return 0, {}, str(error)

    def post(self, url, body):
        """The answer, as JSON."""
        renewed, tries = False, 0
        while True:
            status, headers, text = self.send(url, body)
            if status == 401 and self.args.token_command and not renewed:
                renewed, self.token = True, None
                continue
            if (status in RETRIED or status == 0) and tries < self.args.retries:
                tries += 1
                given = headers.get("Retry-After", "")
                time.sleep(min(float(given) if given.isdigit() else self.args.wait * 2 ** (tries - 1), LONGEST_WAIT))
                continue
            break
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if status == 200 and isinstance(answer, dict):
            return answer
        if isinstance(answer, dict) and status not in (401, 403) and (kind := kind_of(status, answer)):
            raise Refused(kind, message(answer)[:1000])
        if status in (429, 504):
            raise Refused("limit", f"HTTP {status}")
        sys.exit(f"kusto.py: {url} answered {f'HTTP {status}' if status else 'nothing'}: {text.strip()[:500]}")


class Service:
    def __init__(self, hello, place, http, longest):
        self.tables, self.place, self.http = hello["tables"], place, http
        self.name = place.name
        self.longest = longest or place.longest

    def text(self, query, rows):
        """The query behind its rows. A table that has none is empty, not the service's own."""
        named = {table: columns for table, columns in self.tables.items() if re.search(rf"(?<!\w){re.escape(table)}(?!\w)", query)}
        tables = {table: datatable(columns, [row for row in rows if row["table"] == table], ROW) for table, columns in named.items()}
        return self.place.before(query, tables)

    def run(self, query, rows, now):
        text = self.text(query, rows)
        if len(text) <= self.longest:
            return self.ask(text, now)
        if len(rows) < 2:
            raise Refused("limit", f"the query and one row are {len(text)} characters, of at most {self.longest}")
        if TOGETHER.search(query):
            raise Refused("limit", f"{len(rows)} rows are too many for one request, and the query looks at rows together")
        # Each row is judged alone: halves find what the whole does.
        halves = [self.run(query, half, now) for half in (rows[: len(rows) // 2], rows[len(rows) // 2:])]
        if any(isinstance(half, bool) for half in halves):
            return any(map(bool, halves))
        return sorted(set().union(*halves))

    def ask(self, text, now):
        answer = self.http.post(self.place.url, self.place.body(text, now))
        try:
            columns, rows, error = self.place.table(answer)
        except (KeyError, IndexError, TypeError):
            sys.exit(f"kusto.py: an answer of another form: {json.dumps(answer)[:500]}")
        if error:
            raise Refused(kind_of(200, error) or "limit", message(error)[:1000])
        return row_numbers(rows, columns.index(ROW) if ROW in columns else None)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--cluster", metavar="URL", help="a cluster of Azure Data Explorer or Fabric, or the emulator")
    where.add_argument("--workspace", metavar="ID", help="a workspace of Log Analytics (Sentinel)")
    where.add_argument("--defender", action="store_true", help="Defender XDR's advanced hunting")
    parser.add_argument("--database", default="NetDefaultDB", help="the cluster's database (default: %(default)s)")
    parser.add_argument("--url", help="the service's address, where it is not the public cloud's")
    parser.add_argument("--token-env", metavar="NAME", default="KQL_TOKEN", help="the variable that holds the token (default: %(default)s)")
    parser.add_argument("--token-command", metavar="COMMAND", help="a command that prints the token")
    parser.add_argument("--timeout", metavar="SECONDS", type=int, default=55, help="how long a request may take (default: %(default)s)")
    parser.add_argument("--retries", metavar="N", type=int, default=4, help="how often a busy service is asked again (default: %(default)s)")
    parser.add_argument("--wait", metavar="SECONDS", type=float, default=1.0, help="before the first of these; then twice as long each time")
    parser.add_argument("--longest", metavar="CHARACTERS", type=int, help="the longest text of a request; more rows go in several")
    return parser.parse_args()


def main():
    args = arguments()
    place = Cluster(args) if args.cluster else Workspace(args) if args.workspace else Defender(args)
    http = Http(args)
    serve(lambda hello: Service(hello, place, http, args.longest), "kql")


if __name__ == "__main__":
    main()
