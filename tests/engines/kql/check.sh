#!/usr/bin/env bash
# Converts rules to KQL and has Microsoft's parser and binder judge every query; fails if one is rejected.
#   tests/engines/kql/check.sh [PATH...]    rules or folders of rules (default: rules, and the public rules where they are)
# Needs Node and, once, the network for `npm ci`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
corpus=${SIGMAGLOT_SHARED:-$root/../shared}/corpus
[ -d "$here/node_modules" ] || npm --prefix "$here" ci --silent
if [ "$#" -eq 0 ]; then
    set -- "$root/rules"
    [ ! -d "$corpus" ] || set -- "$@" "$corpus"
fi
queries=$(mktemp)
trap 'rm -f "$queries"' EXIT
# Status 1 says that some rules are refused, which is no matter here.
cargo run --quiet --manifest-path "$root/Cargo.toml" -- convert --quiet --to kql:defender --json "$@" >"$queries" 2>/dev/null ||
    [ "$?" -eq 1 ]
[ -s "$queries" ]
node "$here/bind.js" "$here/defender.json" <"$queries"

# The queries executed, by duckdb-kql. Needs Python 3.11 and, once, the network.
venv=$root/target/venv-kql
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cargo build --quiet --manifest-path "$root/Cargo.toml"
"$venv/bin/python" "$here/run.py" "$root/target/debug/sigmaglot" cases
"$venv/bin/python" "$here/run.py" "$root/target/debug/sigmaglot" rules "$root/rules/constructs" "$root/rules/axios-npm-compromise"
