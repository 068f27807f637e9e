#!/usr/bin/env python3
"""The product itself on real log files: Velociraptor runs the queries that `sigmaglot convert` writes, word for word, on Windows' event
logs, and finds the records that `sigmaglot eval` says the rules mean.

    evtx.py SIGMAGLOT VELOCIRAPTOR REGRESSION PATH...    a PATH with :N behind it stands for every Nth rule below it
    evtx.py record FILE                                  an engine that finds nothing, and keeps in FILE the rows that it is given

REGRESSION has evtx/*.evtx, and regression_dev.jsonl: which rule matches how many records of which file. These rules are run in any case.
The records of a channel are put into one log (an .evtx is a header and chunks; the chunks are as they were), below a folder that
Velociraptor takes for drive C: (its remapping, made for disks of other machines). Three things must agree: the rows of parse_evtx()
with those that the built-in engine's tables make of the records; each query's records with the evaluator's, as far as the query's
claim goes; and, for the rules of the manifest, the files that they were published with.
"""

import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

LOGS = "Windows/System32/winevt/Logs"
HEADER = 4096  # bytes of an .evtx before its first chunk
JOBS = 2
RULE = "title: t\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image: x}, condition: s}\n"


def record(path):
    with open(path, "w", encoding="utf-8") as kept:
        for line in sys.stdin:
            request = json.loads(line)
            if "hello" in request:
                print(json.dumps({"ready": "recorder"}), flush=True)
                continue
            kept.write(line)
            kept.flush()
            print(json.dumps({"id": request["id"], "found": []}), flush=True)


def files(path):
    path, _, step = path.partition(":")
    found = sorted(pathlib.Path(path).rglob("*.yml")) if pathlib.Path(path).is_dir() else [pathlib.Path(path)]
    return [str(file) for file in found if not file.name.endswith(".events.yml")][:: int(step or 1)]


def lines(command, statuses=(0,)):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in statuses:
        sys.exit(f"{command[:4]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


# What tells records apart, as the queries return it too.
KEY = "timestamp(epoch=System.TimeCreated.SystemTime) AS EventTime, System.Computer AS Computer"


def key(row):
    return row["EventTime"], row["Computer"]


class Machine:
    """The records in logs of their channels, and Velociraptor that looks at these."""

    def __init__(self, velociraptor, folder, evtx):
        self.velociraptor, self.folder = velociraptor, folder
        self.remap = folder / "remap.yaml"
        self.remap.write_text(json.dumps({"remappings": [{
            "type": "mount", "from": {"accessor": "file", "prefix": str(folder / "C")}, "on": {"accessor": "auto", "prefix": "C:", "path_type": "windows"}}]}))
        every = folder / "every.vql"
        every.write_text(f"SELECT OSPath.Basename AS _file, {KEY}, * FROM foreach(row={{ SELECT OSPath FROM glob(globs='{evtx}/*.evtx') }}, "
                         "query={ SELECT *, OSPath FROM parse_evtx(filename=OSPath) })")
        self.rows = self.ask([every], remapped=False)
        parts = collections.defaultdict(list)
        for row in self.rows:
            parts[row["System"]["Channel"]].append(row["_file"])
        logs = folder / "C" / LOGS
        logs.mkdir(parents=True)
        self.logs, self.order = logs, {}
        for channel, names in parts.items():
            contents = [(evtx / name).read_bytes() for name in sorted(set(names))]
            log = logs / (channel.replace("/", "%4") + ".evtx")
            log.write_bytes(contents[0][:HEADER] + b"".join(content[HEADER:] for content in contents))
            query = folder / "order.vql"
            query.write_text(f"SELECT {KEY} FROM parse_evtx(filename='C:/{LOGS}/{log.name}')")
            self.order[log.name] = [key(row) for row in self.ask([query])]

    def ask(self, queries, remapped=True):
        """The rows of files of queries, in order."""
        where = ["--remap", str(self.remap)] if remapped else []
        command = [self.velociraptor, *where, "query", "--nobanner", "--format", "jsonl", "--verbose", "--from_files", *map(str, queries)]
        done = subprocess.run(command, capture_output=True, text=True)
        wrong = [line for line in done.stderr.splitlines() if "[ERROR]" in line or "error:" in line]
        if done.returncode or wrong:
            raise SystemExit(f"Velociraptor ended with {done.returncode} at {queries[:1]}..: {wrong[:5]}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def find(self, queries):
        """For each query, the records that it returns."""
        written = []
        for number, query in enumerate(queries):
            # A row of our own ends each query's rows.
            file = self.folder / f"{id(queries)}-{number}.vql"
            file.write_text(f"{query}\n\nSELECT {number} AS _sigmaglot_end FROM scope()\n", encoding="utf-8")
            written.append(file)
        found, rows = [], []
        for row in self.ask(written):
            if "_sigmaglot_end" in row:
                assert row["_sigmaglot_end"] == len(found)
                found.append(rows)
                rows = []
            else:
                rows.append(row)
        assert len(found) == len(queries)
        return found


def compare_rows(sigmaglot, machine, folder):
    """Records whose row of parse_evtx() is not what the built-in engine's tables make of them."""
    rule, kept = folder / "rule.yml", folder / "rows.jsonl"
    rule.write_text(RULE)
    events = [argument for log in machine.logs.iterdir() for argument in ("--events", str(log))]
    subprocess.run([sigmaglot, "verify", "-q", "--to", "vql:evtx", "--engine", f"vql={sys.executable} {__file__} record {kept}", *events, str(rule)],
                   capture_output=True)
    stored = {}
    for line in kept.read_text(encoding="utf-8").splitlines():
        for row in json.loads(line)["rows"]:
            system = row["values"].get("System", {})
            stored[system.get("Channel"), system.get("EventRecordID"), system.get("Computer")] = row["values"]
    wrong = 0
    for row in machine.rows:
        system = row["System"]
        ours = stored.get((system["Channel"], system["EventRecordID"], system["Computer"]))
        if ours:
            # The log's clock counts 100 ns, the float of the row less.
            moment = ours["System"]["TimeCreated"]
            if abs(moment["SystemTime"] - system["TimeCreated"]["SystemTime"]) < 1e-5:
                moment["SystemTime"] = system["TimeCreated"]["SystemTime"]
        # What is not of the record: the file, and the text that Windows' own library makes of it.
        theirs = {name: value for name, value in row.items() if name not in ("_file", "EventTime", "Computer", "OSPath", "Message")}
        if ours != theirs:
            wrong += 1
            print(f"{row['_file']}: the row is {json.dumps(theirs)[:1500]}\n    built in: {json.dumps(ours)[:1500]}")
    print(f"rows of parse_evtx(): {len(machine.rows)} records, {wrong} otherwise than the built-in engine's tables have them")
    return wrong


def main(sigmaglot, velociraptor, regression, *paths):
    regression = pathlib.Path(regression).resolve()
    manifest = [json.loads(line) for line in (regression / "regression_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    corpus = regression.parent / "corpus"
    published = {str(corpus / entry["rule_path"]): entry for entry in manifest}
    rules = sorted(set(published) | {file for path in paths for file in files(path)})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        machine = Machine(velociraptor, folder, regression / "evtx")
        wrong = compare_rows(sigmaglot, machine, folder)
        converted = [line for line in lines([sigmaglot, "convert", "-q", "--json", "--to", "vql:evtx", *rules], (0, 1, 2)) if line["query"]]
        # A rule of one document: eval names rules by path.
        documents = collections.Counter(line["path"] for line in converted)
        asked = [line for line in converted if documents[line["path"]] == 1]
        meant = collections.defaultdict(set)
        for line in lines([sigmaglot, "eval", "-q", "--json", *(part for rule in rules for part in ("--rules", rule)), str(machine.logs)], (0, 1, 2)):
            log = pathlib.Path(line["event"]["path"]).name
            meant[line["rule"]["path"]].add(machine.order[log][line["event"]["index"]])
        size = -(-len(asked) // (JOBS * 4))
        batches = [asked[at:at + size] for at in range(0, len(asked), size)]
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            answers = [rows for batch in pool.map(machine.find, [[line["query"] for line in batch] for batch in batches]) for rows in batch]
    of_file = collections.defaultdict(set)
    for row in machine.rows:
        of_file[row["_file"]].add(key(row))
    count = collections.Counter()
    for line, rows in zip(asked, answers):
        path, claim = line["path"], line.get("claim") or line.get("fidelity")
        if rows and not all("EventTime" in row and "Computer" in row for row in rows):
            count["not told apart"] += 1
            continue
        found = {key(row) for row in rows}
        missing, extra = meant[path] - found, found - meant[path]
        if claim == "wider":
            extra = set()
        elif claim == "narrower":
            missing = set()
        if missing or extra:
            wrong += 1
            print(f"{path} ({claim}): meant but not found {sorted(missing)[:3]}, found but not meant {sorted(extra)[:3]}\n{line['query']}")
        count["agree"] += not missing and not extra
        count["find records"] += bool(found)
        for test in published.get(path, {}).get("tests", ()):
            file = pathlib.Path(test["path"]).name
            hits = len(found & of_file[file])
            count["of the manifest"] += 1
            if hits < test["min_matches"]:
                wrong += 1
                print(f"{path}: finds {hits} records of {file}, published with at least {test['min_matches']}\n{line['query']}")
    print(f"Velociraptor on {len(machine.rows)} real records of {len(of_file)} files: {len(asked)} queries, "
          + ", ".join(f"{number} {what}" for what, number in count.items()) + f", {wrong} wrong")
    return 1 if wrong or not count["find records"] or not count["of the manifest"] else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(sys.argv[2])
    else:
        sys.exit(main(*sys.argv[1:]))
