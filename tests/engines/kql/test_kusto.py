#!/usr/bin/env python3
"""kusto.py against a small server that replays answers in the services' documented forms, and says what it was asked.

    test_kusto.py              the recorded exchanges
    test_kusto.py --executed   random queries, through a server that runs on duckdb-kql what it is sent (needs requirements.txt)
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent / "common"))
from server import Server  # noqa: E402

ROW = "_sigmaglot_row"
TABLES = {"DeviceProcessEvents": {"FileName": "string", "ProcessId": "long", "AdditionalFields": "dynamic"}, "DeviceEvents": {"ActionType": "string"}}
ROWS = [{"row": 0, "table": "DeviceProcessEvents", "values": {"FileName": 'a"\\b\n', "ProcessId": 4}},
        {"row": 3, "table": "DeviceProcessEvents", "values": {"AdditionalFields": {"k\"": ["x"]}}}]
QUERY = "DeviceProcessEvents\n| where FileName has 'a'"

# https://learn.microsoft.com/kusto/api/rest/response-http, .../request-http, and Log Analytics' and Graph's own pages.
V1 = {"Tables": [{"TableName": "Table_0", "Columns": [{"ColumnName": ROW, "DataType": "Int64", "ColumnType": "long"},
                                                      {"ColumnName": "FileName", "DataType": "String", "ColumnType": "string"}], "Rows": [[3, "x"], [0, "y"]]},
                 {"TableName": "Table_1", "Columns": [{"ColumnName": "Value", "DataType": "String", "ColumnType": "string"}], "Rows": [["{}"]]}]}
SEMANTIC = {"error": {"code": "General_BadRequest", "message": "Request is invalid and cannot be executed.",
                      "@type": "Kusto.Data.Exceptions.KustoBadRequestException",
                      "@message": "Request is invalid and cannot be processed: Semantic error: SEM0100: 'where' operator: Failed to resolve",
                      "@context": {"timestamp": "2023-04-18T12:59:27.4855445Z", "serviceAlias": "HELP"}, "@permanent": True}}
LIMITS = {**V1, "Exceptions": ["Query execution has exceeded the allowed limits (80DA0003): ."]}
SYNTAX_LA = {"error": {"message": "The request had some invalid properties", "code": "BadArgumentError", "correlationId": "34f5f93a",
                       "innererror": {"code": "SyntaxError", "message": "A recognition error occurred in the query.",
                                      "innererror": {"code": "SYN0002", "message": "Query could not be parsed at 'Not' on line [1,3]", "line": 1, "pos": 3}}}}
LA = {"tables": [{"name": "PrimaryResult", "columns": [{"name": "FileName", "type": "string"}, {"name": ROW, "type": "long"}], "rows": [["x", 3]]}]}
PARTIAL = {**LA, "error": {"code": "PartialError", "message": "There were some errors when processing your query.",
                           "details": [{"code": "EngineError", "message": "Something went wrong", "innererror": {"code": "-2133196797", "message": "The results of this query exceed the set limit of 64000000 bytes (E_QUERY_RESULT_SET_TOO_LARGE)"}}]}}
GRAPH = {"schema": [{"name": "FileName", "type": "String"}, {"name": ROW, "type": "Int64"}], "results": [{"FileName": "x", ROW: 3, "FileName@odata.type": "#String"}]}
SEMANTIC_GRAPH = {"error": {"code": "BadRequest", "message": "'project' operator: Failed to resolve scalar expression named 'Nope'. Fix semantic errors in your query.",
                            "innerError": {"date": "2026-09-13T10:00:00", "request-id": "1f0c7f3e"}}}


CLUSTER = ["--cluster", "https://x.kusto.windows.net", "--database", "Samples"]
WORKSPACE = ["--workspace", "w-1"]
DEFENDER = ["--defender"]


def run(server, where, query=QUERY, rows=ROWS, options=(), token="secret"):
    """The answer to a query; None and what was said where the program ended instead."""
    hello = {"hello": {"protocol": 1, "language": "kql", "place": "defender", "tables": TABLES}}
    request = {"id": 7, "query": query, "now": 1767225600.0, "rows": rows}
    environment = {"PATH": os.environ["PATH"], **({"KQL_TOKEN": token} if token else {})}
    done = subprocess.run([sys.executable, str(HERE / "kusto.py"), *where, "--url", server.url, "--wait", "0.01", *options], text=True, env=environment,
                          input=f"{json.dumps(hello)}\n{json.dumps(request)}\n", capture_output=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert token is None or token not in done.stdout + done.stderr, "the token was shown"
    return (lines[1] if len(lines) > 1 else None), done.stderr


class Exchanges(unittest.TestCase):
    def test_a_cluster_is_asked_and_answers(self):
        with Server([V1]) as server:
            self.assertEqual(run(server, CLUSTER)[0], {"id": 7, "found": [0, 3]})
        [(path, headers, body)] = server.asked
        self.assertEqual((path, headers["Authorization"], headers["x-ms-readonly"], body["db"]), ("/v1/rest/query", "Bearer secret", "true", "Samples"))
        options = json.loads(body["properties"])["Options"]
        self.assertEqual((options["query_now"], options["servertimeout"]), ("2026-01-01T00:00:00+00:00", "00:00:55"))
        self.assertEqual(body["csl"], f"""let DeviceProcessEvents = view () {{ datatable({ROW}: long, FileName: string, ProcessId: long, AdditionalFields: dynamic)[
0, "a\\"\\\\b\\n", long(4), dynamic(null),
3, "", long(null), dynamic({{"k\\"":["x"]}})] }};
restrict access to (DeviceProcessEvents);
{QUERY}""")

    def test_a_workspace_and_defender(self):
        for where, answer, path, key in ((WORKSPACE, LA, "/v1/workspaces/w-1/query", "query"), (DEFENDER, GRAPH, "/v1.0/security/runHuntingQuery", "Query")):
            with self.subTest(path), Server([answer]) as server:
                self.assertEqual(run(server, where)[0], {"id": 7, "found": [3]})
                self.assertEqual(server.asked[0][0], path)
                self.assertTrue(server.asked[0][2][key].startswith(f"let DeviceProcessEvents = datatable({ROW}: long"))
                self.assertTrue(server.asked[0][2][key].endswith(f"];\n{QUERY}"))

    def test_a_table_without_rows_is_empty_and_not_the_services(self):
        with Server([GRAPH]) as server:
            run(server, DEFENDER, "union DeviceEvents, DeviceProcessEvents", [])
            self.assertIn(f"let DeviceEvents = datatable({ROW}: long, ActionType: string)[\n];", server.asked[0][2]["Query"])

    def test_rows_that_are_none_of_the_stored_ones(self):
        summary = {"schema": [{"name": "n", "type": "Int64"}], "results": [{"n": 1}]}
        for answer, some in ((summary, True), ({**summary, "results": []}, False)):
            with self.subTest(some), Server([answer]) as server:
                self.assertEqual(run(server, DEFENDER)[0], {"id": 7, "some": some})

    def test_errors_are_told_apart(self):
        for where, answer, kind in [
                (CLUSTER, (400, SEMANTIC), "failed"), (CLUSTER, (200, LIMITS), "limit"), (WORKSPACE, (400, SYNTAX_LA), "syntax"), (WORKSPACE, (200, PARTIAL), "limit"),
                (DEFENDER, (400, SEMANTIC_GRAPH), "failed"), (CLUSTER, (504, "gateway"), "limit"), (DEFENDER, (429, {"error": {"code": "TooManyRequests", "message": "quota"}}), "limit"),
                (CLUSTER, (413, {"error": {"code": "PayloadTooLarge", "message": "x"}}), "limit")]:
            with self.subTest(kind=kind, answer=answer), Server([answer]) as server:
                answered, _ = run(server, where, options=["--retries", "2"])
                self.assertEqual((answered["kind"], "found" in answered), (kind, False))
        with Server([(400, SYNTAX_LA)]) as server:
            self.assertEqual(run(server, WORKSPACE)[0]["error"], "Query could not be parsed at 'Not' on line [1,3]")

    def test_a_busy_service_is_asked_again(self):
        with Server([(429, "", ("Retry-After", "0")), (503, "busy"), V1]) as server:
            self.assertEqual(run(server, CLUSTER)[0], {"id": 7, "found": [0, 3]})
            self.assertEqual(len(server.asked), 3)
        with Server([(503, "busy")]) as server:
            answered, said = run(server, CLUSTER, options=["--retries", "2"])
            self.assertEqual((answered, len(server.asked)), (None, 3))
            self.assertIn("HTTP 503: busy", said)

    def test_bad_tokens_and_none(self):
        with Server([(401, {"error": {"code": "InvalidAuthenticationToken", "message": "Access token has expired."}})]) as server:
            answered, said = run(server, DEFENDER)
            self.assertEqual((answered, len(server.asked)), (None, 1))
            self.assertIn("Access token has expired", said)
        with Server([(403, {"error": {"code": "Forbidden", "message": "Principal is not authorized: SEM"}})]) as server:
            self.assertIsNone(run(server, CLUSTER)[0])
        with Server([V1]) as server:
            answered, said = run(server, CLUSTER, token=None)
            self.assertEqual((answered, server.asked), (None, []))
            self.assertIn("set KQL_TOKEN", said)

    def test_tokens_of_a_command_are_renewed_once(self):
        with Server([(401, "expired"), V1]) as server:
            command = """echo '{"accessToken": "from-a-command"}'"""
            self.assertEqual(run(server, CLUSTER, options=["--token-command", command])[0], {"id": 7, "found": [0, 3]})
            self.assertEqual([headers["Authorization"] for _, headers, _ in server.asked], ["Bearer from-a-command"] * 2)
        with Server([V1]) as server:
            self.assertIn("not logged in", run(server, CLUSTER, options=["--token-command", "echo not logged in >&2; exit 1"])[1])

    def test_rubbish_is_no_answer(self):
        for answer in ("<html>", (200, "{}"), (200, "[1]"), (200, {"Tables": []}), (400, "no JSON"), (400, {"error": {"code": "Other", "message": "x"}}), (302, "", ("Location", "/login"))):
            with self.subTest(answer=answer), Server([answer]) as server:
                answered, said = run(server, CLUSTER, options=["--retries", "0"])
                self.assertIsNone(answered)
                self.assertTrue(said.startswith("kusto.py: "), said)

    def test_a_service_that_does_not_answer(self):
        def late(_):
            time.sleep(2)
            return V1

        with Server([late]) as server:
            self.assertEqual(run(server, CLUSTER, options=["--timeout", "1"])[0]["kind"], "limit")

    def test_many_rows_go_in_several_requests(self):
        rows = [{"row": n, "table": "DeviceProcessEvents", "values": {"FileName": "x" * 100}} for n in range(40)]

        def odd(body):
            numbers = [int(line.split(",")[0]) for line in body["csl"].splitlines() if line.split(",")[0].isdigit()]
            return {"Tables": [{**V1["Tables"][0], "Rows": [[n, "x"] for n in numbers if n % 2]}]}

        with Server([odd]) as server:
            self.assertEqual(run(server, CLUSTER, rows=rows, options=["--longest", "2000"])[0]["found"], list(range(1, 40, 2)))
            self.assertTrue(3 <= len(server.asked) <= 8 and all(len(body["csl"]) <= 2000 for _, _, body in server.asked), len(server.asked))
        with Server([odd]) as server:
            answered, _ = run(server, CLUSTER, QUERY + " | summarize count()", rows, ["--longest", "2000"])
            self.assertEqual((answered["kind"], server.asked), ("limit", []))

    def test_the_clock(self):
        with Server([LA]) as server:
            self.assertEqual(run(server, WORKSPACE, "DeviceEvents | where ago(1d) > now()")[0]["kind"], "unknown")


def executed():
    """Random queries through kusto.py and a server that runs what it is sent, and on the same executor: the rows arrive as they were."""
    import compare
    from facts import Program

    executor = [sys.executable, str(HERE / "kql_duckdb.py")]
    program = Program(executor, {})
    lock = threading.Lock()

    def answer(body):
        with lock:
            answered = program.ask(body["Query"], [])
        if "error" in answered:
            # What the executor does not know is the service's limit here: no verdict.
            code = {"syntax": "SyntaxError", "failed": "SemanticError"}.get(answered["kind"], "LimitsExceeded")
            return 400, {"error": {"code": code, "message": answered["error"]}}
        if "found" in answered:
            return {"schema": [{"name": ROW, "type": "Int64"}], "results": [{ROW: row} for row in answered["found"]]}
        return {"schema": [{"name": "x", "type": "Int64"}], "results": [{"x": 1}] * answered["some"]}

    with Server([answer]) as server:
        os.environ["KQL_TOKEN"] = "t"
        door = [sys.executable, str(HERE / "kusto.py"), "--defender", "--url", server.url]
        sys.argv[1:] = ["--seed", "5", "--count", "60", shlex.join(door), shlex.join(executor)]
        return compare.main()


if __name__ == "__main__":
    if "--executed" in sys.argv:
        sys.exit(executed())
    unittest.main()
