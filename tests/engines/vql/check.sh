#!/usr/bin/env bash
# Builds the interpreter and runs the committed cases: every idiom of the translation table as the backend writes it.
# With an argument: runs that program instead (JSON lines {"query", "rows"} in, {"found"} out).
set -eu
cd "$(dirname "$0")"
engine=${1:-}
if [ -z "$engine" ]; then
    engine=$(mktemp -d)/vql
    go build -o "$engine" .
fi
"$engine" <cases.jsonl | python3 -c '
import json, sys
cases = [json.loads(line) for line in open("cases.jsonl")]
answers = [json.loads(line) for line in sys.stdin]
assert len(cases) == len(answers), "an answer for each case"
wrong = 0
for case, answer in zip(cases, answers):
    if answer.get("error") or answer.get("log") or answer["found"] != case["expected"]:
        wrong += 1
        print(case["case"], "expected", case["expected"], "but", answer, "\n" + case["query"])
print(f"{len(cases)} cases, {wrong} wrong")
sys.exit(wrong > 0)
'
