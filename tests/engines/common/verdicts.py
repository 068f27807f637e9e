#!/usr/bin/env python3
"""Has `sigmaglot verify` judge rules with an engine behind the protocol of ../README.md and with the built-in one.

    verdicts.py TARGET SIGMAGLOT ENGINE PATH...         a PATH with :N behind it stands for every Nth rule below it

Each claim must end as it does with the built-in engine: where both refute it, the storage that both are given does; where only one
does, an engine is wrong. What the engine does not know is counted by its reasons, and only those below are let pass.
"""

import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# By language, reasons for which the engine may have no verdict.
NAMED = {
    # kql_duckdb.py's (differences.py says why each)
    "kql": re.compile(r"on non-ASCII (letters|text)$|a pattern that RE2 reads differently$|a dynamic value compared with the empty text$|"
                      r"parse_json\(\) of what may be no JSON$"),
    # vfilter is the product's own engine; Velociraptor guesses times in many notations, which its program here does not
    "vql": re.compile(r'lacks the time "'),
}
# By language, reasons for which the built-in engine may have none where the other has.
LACKING = {"kql": re.compile(r"(?!)"), "vql": re.compile(r"E1104: the query takes more work|E1102: the engine does not know ")}
UNKNOWN = "E1102: the engine does not know "


def files(path):
    path, _, step = path.partition(":")
    found = sorted(pathlib.Path(path).rglob("*.yml"))
    return [str(file) for file in found if not file.name.endswith(".events.yml")][:: int(step or 1)]


def verify(program, target, rules, *options):
    """Each rule's line, by path and document."""
    command = [program, "verify", "-q", "--json", "--to", target, *options, *rules]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        errors.seek(0)
        said = errors.read()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    # 1: some rules are refused or refuted, 2: some are no rules; both are so of `rules` and of the public ones.
    if done.returncode not in (0, 1, 2) or not lines:
        sys.exit(f"verify ended with {done.returncode}: {said[-2000:]}")
    return {(line["path"], line["document"]): line for line in lines}


def main(target, program, engine, *paths):
    language = target.partition(":")[0]
    rules = [file for path in paths for file in files(path)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        theirs, ours = (job.result() for job in (pool.submit(verify, program, target, rules, "--engine", f"{language}={engine}"),
                                                 pool.submit(verify, program, target, rules)))
    count, unknown, lacking, wrong = collections.Counter(), collections.Counter(), collections.Counter(), 0
    for key, line in theirs.items():
        reason, built_in = line["reason"] or "", ours[key]["status"]
        count[line["status"]] += 1
        if reason.startswith(UNKNOWN) and NAMED[language].search(reason):
            unknown[reason.removeprefix(UNKNOWN)] += 1
        elif line["status"] == "agrees" and LACKING[language].match(ours[key]["reason"] or ""):
            lacking[ours[key]["reason"]] += 1
        elif line["status"] != built_in or re.match("E110[1-6]", reason):
            wrong += 1
            print(f"{line['path']}: {line['status']}, with the built-in engine {built_in}; {reason} {json.dumps(line['refuted'][:1])[:600]}")
        elif line["status"] == "refuted":
            count["refuted by both"] += 1
            print(f"refuted by both engines: {line['path']}")
    name = next(iter(theirs.values()))["engine"]
    events = sum(line["witnesses"] - line["outside"] for line in theirs.values())
    print(f"verify with {name}: {len(theirs)} rules, {events} events: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    for reason, number in unknown.most_common():
        print(f"    {number} unknown: {reason}")
    for reason, number in lacking.most_common():
        print(f"    {number} without a verdict of the built-in engine: {reason}")
    print(f"    {wrong} end otherwise than with the built-in engine")
    return 1 if wrong or len(theirs.keys() ^ ours.keys()) or not count["agrees"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
