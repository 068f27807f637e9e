#!/usr/bin/env python3
"""Runs KQL on duckdb-kql, an executor of KQL that is not ours, behind the protocol of ../README.md.

    sigmaglot verify rules --to kql --engine kql='target/venv-kql/bin/python tests/engines/kql/kql_duckdb.py'

What it lacks, or is known to answer differently, it refuses as `unknown` (differences.py); functions on IP addresses are
asked of chdb (addresses.py). Needs requirements.txt.
"""

import contextlib
import datetime
import functools
import json
import pathlib
import re
import signal
import sys
import threading

import duckdb
import duckdb_kql
from duckdb_kql import control, errors, ir, lower, translate
from duckdb_kql.translate import functions

import addresses
import differences

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from protocol import Refused, row_numbers, serve  # noqa: E402

TYPES = {"string": "VARCHAR", "guid": "VARCHAR", "long": "BIGINT", "int": "INTEGER", "real": "DOUBLE", "decimal": "DECIMAL(34, 10)",
         "bool": "BOOLEAN", "datetime": "TIMESTAMP", "timespan": "INTERVAL", "dynamic": "JSON"}
# The seventh digit behind a second, which DuckDB drops.
TICK = re.compile(r"T\d\d:\d\d:\d\d\.\d{6}[1-9]")
ROW = "_sigmaglot_row"
SECONDS = 50
# As deep as Kusto's own parser goes; Python and DuckDB stop sooner by default.
DEPTH = 50_000


class OfTexts(functions.FunctionSpec):
    """A function that takes all its arguments as one list of texts."""

    def render(self, args):
        return f"{self.name}([{', '.join(f'CAST({one} AS VARCHAR)' for one in args)}])"


def called(name):
    return lambda values: addresses.call(name, values)


def add_addresses(con):
    """Teaches duckdb-kql the functions of addresses.py, and DuckDB to call them."""
    for name in addresses.FUNCTIONS:
        returns = "BIGINT" if name.endswith("compare") else "BOOLEAN"
        con.create_function(name, called(name), ["VARCHAR[]"], returns, null_handling="special")
        functions.SCALAR_FUNCTIONS[name] = OfTexts(name, "template", "")


def refuse_literals():
    """Has duckdb-kql refuse the string literals that it would decode wrongly."""
    decode = lower._string_value

    def checked(text):
        if not differences.LITERAL.fullmatch(text):
            raise Refused("unknown", "a hidden or fenced string, or an escape such as \\u0041")
        return decode(text)

    lower._string_value = checked


def refuse_captures():
    """Has duckdb-kql refuse a function that names a column of the table it is called on: Microsoft's binder knows no such column."""
    declare = lower._declare_let_function

    def checked(declaration, scalars):
        declare(declaration, scalars)
        for function in lower._LET_FUNCTIONS_STATE.get().values():
            known = {name for name, _ in function.parameters}
            if any(isinstance(node, ir.ColumnRef) and node.name not in known for node in differences.nodes(function.body)):
                raise Refused("unknown", "a function that names a column of where it is called")

    lower._declare_let_function = checked


@functools.lru_cache(256)
def parsed(query):
    return lower.lower(query)


class Duckdb:
    def __init__(self, hello):
        self.tables = hello["tables"]
        self.name = f"duckdb-kql {duckdb_kql.__version__}, duckdb {duckdb.__version__}"
        self.con = duckdb_kql.connect()
        self.con.execute(f"SET threads = 1; SET memory_limit = '1GB'; SET max_expression_depth = {DEPTH}")
        self.con.execute("SET autoinstall_known_extensions = false; SET enable_external_access = false")
        add_addresses(self.con)
        self.schema = {table: [ROW, *columns] for table, columns in self.tables.items()}
        self.made = set()

    def load(self, table, rows):
        """Fills a table. Strings have no null in Kusto: '' is what a row leaves out."""
        columns = self.tables[table]
        if table not in self.made:
            made = [f'"{name}" {TYPES[kind]}' + (" DEFAULT ''" if kind == "string" else "") for name, kind in columns.items()]
            self.con.execute(f'CREATE TABLE "{table}" ({ROW} BIGINT, {", ".join(made)})')
            self.made.add(table)
        self.con.execute(f'DELETE FROM "{table}"')
        given = dict.fromkeys(name for row in rows for name in row["values"])
        # A time may have an offset; the column holds UTC.
        holds = {ROW: "BIGINT", **{name: TYPES[columns[name]].replace("TIMESTAMP", "TIMESTAMPTZ") for name in given}}
        filled = [{ROW: row["row"], **{name: row["values"].get(name, "" if columns[name] == "string" else None) for name in given}}
                  for row in rows]
        listed = ", ".join(f'"{name}"' for name in holds)
        self.con.execute(f'INSERT INTO "{table}" ({listed}) SELECT {listed} FROM (SELECT unnest('
                         f"from_json_strict(?, ?), recursive := true))", [json.dumps(filled), json.dumps([holds])])

    def run(self, query, rows, now):
        if control.is_control_command(control.strip_leading_comments(query)):
            raise Refused("unknown", "a management command")
        with limited(self.con):
            try:
                return self.find(query, rows, now)
            except Refused:
                raise
            except errors.KqlSyntaxError as error:
                raise Refused("syntax", str(error)) from error
            except AssertionError as error:
                # A function of a let whose body is a pipe stops duckdb-kql at an assertion of its own.
                raise Refused("unknown", "what duckdb-kql asserts not to be there") from error
            except errors.KqlUnsupportedError as error:
                raise Refused("unknown", f"duckdb-kql has no {error.construct}") from error
            except (errors.KqlSchemaError, duckdb.CatalogException) as error:
                raise Refused("failed", first_line(error)) from error
            except duckdb.BinderException as error:
                is_name = "not found in FROM clause" in str(error)
                raise Refused("failed" if is_name else "unknown", first_line(error)) from error
            except (RecursionError, MemoryError, duckdb.OutOfMemoryException, duckdb.InterruptException) as error:
                raise Refused("limit", type(error).__name__) from error
            except RuntimeError as error:
                if str(error) != "Query interrupted":
                    raise
                raise Refused("limit", f"no answer within {SECONDS} s") from error
            except duckdb.Error as error:
                raise Refused("unknown", first_line(error)) from error

    def find(self, query, rows, now):
        moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).replace(tzinfo=None)
        tree = parsed(query)
        if tree.parameters:
            raise Refused("unknown", "query parameters")
        named = {node.name for node in differences.nodes(tree) if isinstance(node, ir.TableRef)} & self.tables.keys()
        of_tables = {table: [row for row in rows if row["table"] == table] for table in named}
        values = [value for rows in of_tables.values() for row in rows for value in row["values"].values()]
        types = {name: kind for table in named for name, kind in self.tables[table].items()}
        types |= {name: kind for node in differences.nodes(tree) if isinstance(node, ir.DataTable) for name, kind in node.columns}
        if any(kind == "datetime" for kind in types.values()) and any(isinstance(v, str) and TICK.search(v) for v in values):
            raise Refused("unknown", "times of 100 ns")
        texts = [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]
        if what := differences.difference(tree, types, texts):
            raise Refused("unknown", what)
        with translate.clock(moment) as clock:
            sql = translate.to_sql(tree, self.schema)
        for table, rows_of in of_tables.items():
            self.load(table, rows_of)
        result = self.con.execute(str(sql), {translate.CLOCK_SLOT: clock.moment} if clock.used else None)
        columns = [column[0] for column in result.description]
        return row_numbers(result.fetchall(), columns.index(ROW) if ROW in columns else None)


def first_line(error):
    """What went wrong, in a line; without what DuckDB says around an exception of addresses.py."""
    return f"{type(error).__name__}: {str(error).splitlines()[0]}".rpartition("executing the UDF: ")[2]


@contextlib.contextmanager
def limited(con):
    """Ends what takes too long: Python's part by a signal, DuckDB's by an interrupt."""
    def stop(*_):
        raise Refused("limit", f"no answer within {SECONDS} s")

    timer = threading.Timer(SECONDS, con.interrupt)
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    sys.setrecursionlimit(DEPTH)
    refuse_literals()
    refuse_captures()
    serve(Duckdb, "kql")
