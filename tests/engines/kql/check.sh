#!/usr/bin/env bash
# Converts rules to KQL and has Microsoft's parser and binder judge every query; fails if one is rejected.
#   tests/engines/kql/check.sh PATH...      rules or folders of rules (default: rules)
# Needs Node and, once, the network for `npm ci`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
[ -d "$here/node_modules" ] || npm --prefix "$here" ci --silent
[ "$#" -gt 0 ] || set -- "$root/rules"
# Refused rules end the conversion with a status of their own; here only the queries are judged.
{ cargo run --quiet --release --manifest-path "$root/Cargo.toml" -- convert --to kql:defender --json "$@" || true; } |
  node "$here/bind.js" "$here/defender.json"
