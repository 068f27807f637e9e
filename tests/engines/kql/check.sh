#!/usr/bin/env bash
# KQL before engines that are not ours: README.md says what each part does. Any disagreement fails; each part says how many it judged.
#   tests/engines/kql/check.sh          some of the public rules are executed (SIGMAGLOT_EVERY=1: all), all of them are bound
# Needs Node, Python 3.11 and, once, the network: what is installed stays below target/kql.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
corpus=${SIGMAGLOT_SHARED:-$root/../shared}/corpus
installed=$root/target/kql
started=$SECONDS

mkdir -p "$installed"
if ! cmp -s "$here/package-lock.json" "$installed/node.stamp"; then
    cp "$here/package.json" "$here/package-lock.json" "$installed"
    npm --prefix "$installed" ci --silent
    cp "$here/package-lock.json" "$installed/node.stamp"
fi
if ! cmp -s "$here/requirements.txt" "$installed/python.stamp"; then
    python3 -m venv "$installed/venv"
    "$installed/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$installed/python.stamp"
fi
cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --bins
echo "installed and built in $((SECONDS - started)) s"

export NODE_PATH=$installed/node_modules PYTHONDONTWRITEBYTECODE=1
python=$installed/venv/bin/python
sigmaglot=$root/target/debug/sigmaglot
builtin="$sigmaglot engine kql"
duckdb="$python $here/kql_duckdb.py"
rules=("$root/rules/constructs" "$root/rules/axios-npm-compromise")
public=()
[ ! -d "$corpus" ] || public=("$corpus")

# shellcheck source=../common/check.sh
. "$here/../common/check.sh"

bind() {
    # Status 1 says that some rules are refused, which is no matter here.
    "$sigmaglot" convert --quiet --to kql:defender --json "$root/rules" "${public[@]}" 2>/dev/null >"$installed/queries.jsonl" || [ "$?" -le 2 ]
    node "$here/bind.js" "$here/defender.json" <"$installed/queries.jsonl"
}
facts() { "$python" "$here/facts.py" | node "$here/facts.js"; }
operands() { "$python" "$here/operands.py" $builtin | node "$here/operands.js"; }

microsoft() {
    part "Microsoft's binder on all queries" bind &&
        part "facts before Microsoft's binder" facts &&
        part "hostile rules before Microsoft's parser" node "$here/hostile.js" "$sigmaglot" &&
        part "operand types before Microsoft's binder" operands
}
executors() {
    # shellcheck disable=SC2086 # a command and its argument
    part "facts on duckdb-kql and chdb" "$python" "$here/facts.py" $duckdb &&
        part "facts on the built-in engine" "$python" "$here/facts.py" $builtin &&
        part "conformance cases" "$python" "$here/cases.py" $duckdb &&
        part "random queries on both" "$python" "$here/compare.py" --count 1000 "$builtin" "$duckdb" &&
        part "kusto.py, recorded exchanges" "$python" "$here/test_kusto.py" &&
        part "kusto.py, executed" "$python" "$here/test_kusto.py" --executed
}

# Two at a time, each with its own output.
microsoft >"$installed/microsoft.log" 2>&1 &
executors 2>&1 && status=0 || status=1
wait $! || status=1
cat "$installed/microsoft.log"
part "verdicts on duckdb-kql" "$python" "$here/../common/verdicts.py" kql:defender "$sigmaglot" "$duckdb" "${rules[@]}" "${public[@]/%/:${SIGMAGLOT_EVERY:-2}}" || status=1
echo "KQL before other engines: $((SECONDS - started)) s"
exit $status
