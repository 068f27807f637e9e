#!/usr/bin/env bash
# SPL before an engine that shares no code with the built-in one: README.md says what each part does. Any disagreement fails; each part
# says how many it judged.
#   tests/engines/spl/check.sh          some of the public rules are executed (SIGMAGLOT_EVERY=1: all)
# Needs Python 3.11 and, once, the network: what is installed stays below target/spl.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
corpus=${SIGMAGLOT_SHARED:-$root/../shared}/corpus
installed=$root/target/spl
started=$SECONDS

mkdir -p "$installed"
if ! cmp -s "$here/requirements.txt" "$installed/python.stamp"; then
    python3 -m venv "$installed/venv"
    "$installed/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$installed/python.stamp"
fi
cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --bins
echo "installed and built in $((SECONDS - started)) s"

export PYTHONDONTWRITEBYTECODE=1
python=$installed/venv/bin/python
sigmaglot=$root/target/debug/sigmaglot
builtin="$sigmaglot engine spl"
executor="$python $here/spl.py"
public=()
[ ! -d "$corpus" ] || public=("$corpus:${SIGMAGLOT_EVERY:-3}")

# shellcheck source=../common/check.sh
. "$here/../common/check.sh"

texts() {
    part "hostile rules" "$python" "$here/hostile.py" "$sigmaglot" "$executor" &&
        part "splunk.py, recorded exchanges" "$python" "$here/test_splunk.py" &&
        part "splunk.py, executed" "$python" "$here/test_splunk.py" --executed
}
# shellcheck disable=SC2086 # a command and its argument
rows() {
    part "facts on the executor" "$python" "$here/facts.py" $executor &&
        part "facts on the built-in engine" "$python" "$here/facts.py" $builtin &&
        part "conformance cases" "$python" "$here/cases.py" $executor &&
        part "random searches on both" "$python" "$here/compare.py" --count 3000 "$builtin" "$executor"
}

# Two at a time, each with its own output.
texts >"$installed/texts.log" 2>&1 &
rows 2>&1 && status=0 || status=1
wait $! || status=1
cat "$installed/texts.log"
part "verdicts on the executor" "$python" "$here/verdicts.py" "$sigmaglot" "$executor" "$root/rules" "${public[@]}" || status=1
echo "SPL before another engine: $((SECONDS - started)) s"
exit $status
