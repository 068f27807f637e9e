"""Has `sigmaglot verify` judge rules with an engine behind the protocol of ../README.md and with the built-in one.

Each claim must end as it does with the built-in engine: where both refute it, the storage that both are given does; where only one
does, an engine is wrong. What the engine does not know is counted by its reasons, and only those named are let pass.
"""

import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

UNKNOWN = "E1102: the engine does not know "


def files(path):
    """The rules below a path; with :N behind it every Nth."""
    path, _, step = path.partition(":")
    found = sorted(pathlib.Path(path).rglob("*.yml"))
    return [str(file) for file in found if not file.name.endswith(".events.yml")][:: int(step or 1)]


def verify(program, target, rules, *options):
    """Each rule's line, by path and document."""
    command = [program, "verify", "-q", "--json", "--to", target, *options, *rules]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        errors.seek(0)
        said = errors.read()
    lines = [json.loads(line) for line in done.stdout.split("\n") if line]
    # 1: some rules are refused or refuted, 2: some are no rules; both are so of `rules` and of the public ones.
    if done.returncode not in (0, 1, 2) or not lines:
        sys.exit(f"verify ended with {done.returncode}: {said[-2000:]}")
    return {(line["path"], line["document"]): line for line in lines}


def verdicts(program, engine, target, named, paths):
    """Compares the verdicts on all rules below the paths; gives the status to end with. `named` finds the reasons that may pass."""
    rules, language = [file for path in paths for file in files(path)], target.partition(":")[0]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        theirs = pool.submit(verify, program, target, rules, "--engine", f"{language}={engine}")
        ours = pool.submit(verify, program, target, rules)
    theirs, ours = theirs.result(), ours.result()
    count, unknown, wrong = collections.Counter(), collections.Counter(), 0
    for key, line in theirs.items():
        reason, built_in = line["reason"] or "", ours[key]
        count[line["status"]] += 1
        if reason.startswith(UNKNOWN) and named.search(reason):
            unknown[reason.removeprefix(UNKNOWN)] += 1
        elif line["status"] != built_in["status"] or re.match("E110[1-6]", reason) and reason != built_in["reason"]:
            wrong += 1
            print(f"{line['path']}: {line['status']}, with the built-in engine {built_in['status']}; {reason} {json.dumps(line['refuted'][:1])[:600]}")
        elif line["status"] == "refuted":
            count["refuted by both"] += 1
    name = next(iter(theirs.values()))["engine"]
    events = sum(line["witnesses"] - line["outside"] for line in theirs.values())
    print(f"verify with {name}: {len(theirs)} rules, {events} events: " + ", ".join(f"{number} {what}" for what, number in count.most_common()))
    for reason, number in unknown.most_common():
        print(f"    {number} unknown: {reason}")
    print(f"    {wrong} end otherwise than with the built-in engine")
    return 1 if wrong or len(theirs.keys() ^ ours.keys()) or not count["agrees"] else 0
