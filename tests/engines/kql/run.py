"""Runs the queries on duckdb-kql, an executor of KQL that is not ours, and compares what they find with what is meant.

    run.py SIGMAGLOT cases            the conformance cases (conformance.jsonl): verdicts as the cases say
    run.py SIGMAGLOT rules PATH...    rules on all events beside them, as rows of Defender: verdicts of `sigmaglot eval`

What the executor lacks is skipped and counted. A failing comparison ends with status 1.
"""

import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

import duckdb_kql
import yaml

from store import flat, rows

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"string": "VARCHAR", "long": "BIGINT", "int": "INTEGER", "datetime": "TIMESTAMP", "bool": "BOOLEAN",
         "dynamic": "JSON", "real": "DOUBLE"}
# Cases that tell apart what a column cannot: a string column is empty where the value is missing, null or empty; an array
# inside an array, or on the way to a member, is not seen; a column has no objects' names. The queries carry a note, or
# the schema would have to say it.
LOST = {
    "A16": "an empty text", "B06": "an empty text", "J02": "null", "J01": "what is there and empty", "B05": "null",
    "B25": "arrays in arrays", "B26": "an array on the way", "B14": "an array on the way", "K02": "keywords in arrays",
    "K11": "keywords that are numbers",
}


def found(con, query, column):
    """The numbers of the rows that a query finds; a text with the reason where the executor cannot run it."""
    try:
        return {int(row[0]) for row in duckdb_kql.kql(con, f"{query}\n| project {column}").fetchall()}
    except Exception as error:  # noqa: BLE001: whatever it throws, it did not run
        return f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"


def table(con, name, columns, data):
    names = list(columns)
    con.execute(f'CREATE TABLE "{name}" (' + ", ".join(f'"{c}" {TYPES[columns[c]]}' for c in names) + ")")
    # Kusto's strings have no null.
    values = [[row.get(c, "" if columns[c] == "string" else None) for c in names] for row in data]
    if values:
        con.executemany(f'INSERT INTO "{name}" VALUES (' + ", ".join("?" * len(names)) + ")", values)


def cell(value, kind):
    if value is None:
        return "" if kind == "string" else None
    if kind == "dynamic":
        return json.dumps(value, ensure_ascii=False)
    return value if kind != "string" or isinstance(value, str) else json.dumps(value)


def cases(count, path):
    for line in open(path, encoding="utf-8"):
        case = json.loads(line)
        if "refused" in case:
            count["refused"] += 1
            continue
        columns = case["columns"]
        if len({name.lower() for name in columns}) < len(columns):
            count["skipped: names that differ in case only"] += 1
            continue
        con = duckdb_kql.connect()
        data = [{"Row": n, **{c: cell(row.get(c), kind) for c, kind in columns.items()}} for n, row in enumerate(case["rows"])]
        table(con, "T", {"Row": "long", **columns}, data)
        got = found(con, case["query"], "Row")
        if isinstance(got, str):
            count["skipped: " + got] += 1
        elif (got == set(case["expected"])) != (case["case"] in LOST):
            count["lost in the column" if case["case"] in LOST else "agree"] += 1
        else:
            count["WRONG"] += 1
            print(f"{case['case']}: expected {case['expected']}, found {sorted(got)}\n{case['query']}")


def without_blanks(event):
    """The event with empty values left out, as columns hold it."""
    if isinstance(event, dict):
        return {key: without_blanks(value) for key, value in event.items() if value not in ("", "-", None)}
    return event


def meant(program, paths, events):
    """The events that each rule matches, by the rule's path and title."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
        file.flush()
        rules = [part for path in paths for part in ("--rules", path)]
        out = subprocess.run([program, "eval", "-q", "--json", *rules, file.name], capture_output=True, text=True).stdout
    matches = collections.defaultdict(set)
    for line in out.splitlines():
        match = json.loads(line)
        matches[match["rule"]["path"], match["rule"]["title"]].add(match["event"]["index"])
    return matches


def beside(paths):
    """All events beside rules, and those of the folder of shared material where it is there."""
    for path in paths:
        for name in sorted(glob.glob(os.path.join(path, "**/*.events.yml"), recursive=True)):
            yield from (entry["event"] for entry in yaml.safe_load(open(name, encoding="utf-8"))["events"])
    shared = os.environ.get("SIGMAGLOT_SHARED", os.path.join(HERE, "../../../../shared"))
    real = os.path.join(shared, "regression/regression_dev.jsonl")
    if os.path.exists(real):
        for line in open(real, encoding="utf-8"):
            for test in json.loads(line)["tests"]:
                yield from test.get("events_from_evtx") or test["events"]


def rules(count, program, paths):
    pool = [event for event in beside(paths) if rows(event)]
    # What no column tells apart is judged in both forms, and compared where both have one verdict.
    whole, held = meant(program, paths, pool), meant(program, paths, [without_blanks(event) for event in pool])
    data = collections.defaultdict(list)
    for n, event in enumerate(pool):
        name, row = rows(event)
        data[name].append({**row, "ReportId": n})
    con = duckdb_kql.connect()
    for name, columns in json.load(open(os.path.join(HERE, "defender.json"), encoding="utf-8")).items():
        if name.startswith("Device"):
            table(con, name, columns, data[name])
    windows = {n for n, event in enumerate(pool) if flat(event).get("Channel")}
    command = [program, "convert", "-q", "--json", "--to", "kql:defender", *paths]
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        rule = json.loads(line)
        if rule["query"] is None:
            count["refused"] += 1
            continue
        got = found(con, rule["query"], "ReportId")
        if isinstance(got, str):
            count["skipped: " + got] += 1
            continue
        key = rule["path"], rule["title"]
        same = {n for n in range(len(pool)) if (n in whole[key]) == (n in held[key])}
        # The tables say nothing of the operating system: no rule for another is asked about events of Windows.
        if "linux" in rule["path"] or "macos" in rule["path"]:
            same -= windows
        missed, extra = (whole[key] - got) & same, (got - whole[key]) & same
        wrong = {"exact": missed | extra, "wider": missed, "narrower": extra}[rule["claim"]]
        count["agree, and find an event" if got & whole[key] else "agree"] += not wrong
        if wrong:
            count["WRONG"] += 1
            event = json.dumps(pool[min(wrong)], ensure_ascii=False)[:300]
            print(f"{rule['path']}: missed {len(missed)}, extra {len(extra)}, such as {event}\n{rule['query']}")
    print(f"{len(pool)} events")


def main():
    program, what, *paths = sys.argv[1:]
    count = collections.Counter()
    if what == "cases":
        cases(count, paths[0] if paths else os.path.join(HERE, "conformance.jsonl"))
    else:
        rules(count, program, paths)
    print(", ".join(f"{number} {name}" for name, number in count.most_common()))
    return 1 if count["WRONG"] or not any(count[name] for name in ("agree", "agree, and find an event")) else 0


sys.exit(main())
