#!/usr/bin/env python3
"""velociraptor.py against a program that stands for Velociraptor: it keeps what it is asked, and answers as was recorded of 0.75.5."""

import json
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
ROWS = [{"row": 4, "table": "T.evtx", "values": {"EventData": {"F": "it's '''", "T": "2024-01-02T03:04:05Z", "N": 2**60}}},
        {"row": 7, "table": "A%4B.evtx", "values": {"EventData": {"F": "x", "Big": 2**64 - 1}}}]
FAKE = """#!{python}
import json, pathlib, sys
kept = json.loads(pathlib.Path({answer!r}).read_text())
pathlib.Path({asked!r}).write_text(json.dumps([sys.argv[1:], pathlib.Path(sys.argv[-1]).read_text()]))
print(kept["out"], end="")
print(kept["err"], end="", file=sys.stderr)
sys.exit(kept["status"])
"""


def run(query, out="", err="", status=0, rows=ROWS, options=()):
    """The answer, what the program was asked with, and what was said."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program, answer, asked = folder / "velociraptor", folder / "answer", folder / "asked"
        program.write_text(FAKE.format(python=sys.executable, answer=str(answer), asked=str(asked)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        answer.write_text(json.dumps({"out": out, "err": err, "status": status}))
        hello = {"hello": {"protocol": 1, "language": "vql", "place": "evtx", "tables": {}}}
        request = {"id": 7, "query": query, "now": 1767225600.0, "rows": rows}
        done = subprocess.run([sys.executable, str(HERE / "velociraptor.py"), "--velociraptor", str(program), *options], text=True,
                              input=f"{json.dumps(hello)}\n{json.dumps(request)}\n", capture_output=True, timeout=60)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return (lines[1] if len(lines) > 1 else None), json.loads(asked.read_text()) if asked.exists() else None, done.stderr


class Exchanges(unittest.TestCase):
    def test_rows_are_found_by_their_numbers(self):
        answer, (arguments, text), _ = run("SELECT * FROM parse_evtx(filename='T.evtx')", '{"_sigmaglot_row":7,"F":"x"}\n{"_sigmaglot_row":4}\n{"_sigmaglot_row":7}\n')
        self.assertEqual(answer, {"id": 7, "found": [4, 7]})
        self.assertEqual(arguments[:1], ["query"])
        self.assertTrue(text.endswith("\nSELECT _sigmaglot_row, * FROM _sigmaglot_parse_evtx(filename='T.evtx')"), text)

    def test_a_server_is_asked_by_its_configuration(self):
        _, (arguments, _), _ = run("SELECT 1 FROM scope()", options=["--api-config", "api.yaml"])
        self.assertEqual(arguments[:3], ["--api_config", "api.yaml", "query"])

    def test_rows_travel_as_they_are(self):
        # A text with quotation marks, one that JSON would make a time of, and a number beyond those of VQL.
        _, (_, text), _ = run("SELECT * FROM glob(globs='*')")
        self.assertIn("""`F`="it's '''", `T`='''2024-01-02T03:04:05Z''', `N`=1152921504606846976""", text)
        self.assertIn('parse_json(data=\'\'\'{"x": {"EventData": {"F": "x", "Big": 18446744073709551615}', text)

    def test_only_statements_of_their_own_are_marked(self):
        for query, marked in (
                ("LET a = SELECT x FROM parse_evtx(filename='T.evtx')\nSELECT y FROM a WHERE z IN { SELECT q FROM glob() }",
                 "LET a = SELECT x FROM _sigmaglot_parse_evtx(filename='T.evtx')\nSELECT _sigmaglot_row, y FROM a WHERE z IN { SELECT q FROM _sigmaglot_glob() }"),
                ("LET a <= SELECT x FROM b SELECT y FROM a SELECT z FROM a", "LET a <= SELECT x FROM b SELECT _sigmaglot_row, y FROM a SELECT _sigmaglot_row, z FROM a"),
                ("-- SELECT\n/* SELECT */ select '''SELECT''', \"SELECT \\\" glob(\", `glob` FROM x", "-- SELECT\n/* SELECT */ select _sigmaglot_row, '''SELECT''', \"SELECT \\\" glob(\", `glob` FROM x"),
                ("SELECT count() FROM a GROUP BY b", "SELECT count() FROM a GROUP BY b")):
            with self.subTest(query):
                self.assertTrue(run(query)[1][1].endswith("\n" + marked), run(query)[1][1])

    def test_rows_that_are_none_of_the_stored_ones(self):
        for out, some in (('{"c":2}\n', True), ("", False)):
            self.assertEqual(run("SELECT count() AS c FROM parse_evtx(filename='T.evtx') GROUP BY 1", out)[0], {"id": 7, "some": some})
        self.assertEqual(run("SELECT * FROM scope()", '{"_sigmaglot_row":null}\n')[0], {"id": 7, "some": True})
        self.assertEqual(run("SELECT * FROM scope()")[0], {"id": 7, "found": []})

    def test_errors_are_told_apart(self):
        for said, kind in (
                ('velociraptor: error: Unable to parse VQL Query: 1:14: unexpected token "<EOF>" (expected <ident>)\n', "syntax"),
                ("[ERROR] 2026-11-27T09:55:39Z Plugin nope not found.\nvelociraptor: error: query: Plugin nope not found.\n", "failed"),
                ("velociraptor: error: query: Symbol nosym not found. Current Scope is [NULL]\n", "failed"),
                ("velociraptor: error: query: Missing arg filename when calling _sigmaglot_parse_evtx\n", "unknown")):
            with self.subTest(kind):
                self.assertEqual(run("SELECT 1", err=said, status=1)[0]["kind"], kind)
        answer, _, said = run("SELECT 1", err="velociraptor: error: rpc error: permission denied\n", status=1)
        self.assertIsNone(answer)
        self.assertIn("permission denied", said)

    def test_the_clock(self):
        self.assertEqual(run("SELECT now() FROM scope()")[0]["kind"], "unknown")


if __name__ == "__main__":
    unittest.main()
