#!/usr/bin/env bash
# VQL before engines that are not ours: README.md says what each part does. Any disagreement fails; each part says how many it judged.
#   tests/engines/vql/check.sh          some of the public rules are judged on vfilter, fewer run in Velociraptor (SIGMAGLOT_EVERY=1: all)
# Needs Go, Python 3.11, Node and, once, the network: what is built stays below target/vql.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
shared=${SIGMAGLOT_SHARED:-$root/../shared}
built=$root/target/vql
started=$SECONDS

mkdir -p "$built"
cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --bins &
cargo=$!
(cd "$here/engine" && go vet . && go build -o "$built/vql" .)

# The product, built from its module as its own makefile does: a program of its own, of which nothing is linked or copied here.
# Without it the parts that need it are not judged, and say so.
release=v0.75.5
product() {
    local source copy
    source=$(go mod download -json "www.velocidex.com/golang/velociraptor@$release" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    [ -n "$source" ] || return 1
    copy=$(mktemp -d)
    cp -r "$source/." "$copy" && chmod -R u+w "$copy" &&
        (cd "$copy" && go mod download && go run make.go -v basicAssets && CGO_ENABLED=0 go build -tags "server_vql extras" -o "$built/velociraptor" ./bin) &&
        echo "$release" >"$built/velociraptor.stamp"
    local status=$?
    rm -rf "$copy"
    return $status
}
if [ "$(cat "$built/velociraptor.stamp" 2>/dev/null)" != "$release" ]; then
    product >"$built/product.log" 2>&1 || tail -n 5 "$built/product.log"
fi
wait $cargo
echo "built in $((SECONDS - started)) s"

export PYTHONDONTWRITEBYTECODE=1
sigmaglot=$root/target/debug/sigmaglot
builtin="$sigmaglot engine vql"
vfilter=$built/vql
rules=("$root/rules/constructs" "$root/rules/axios-npm-compromise")
public=()
[ ! -d "$shared/corpus" ] || public=("$shared/corpus")

# shellcheck source=../common/check.sh
. "$here/../common/check.sh"

languages() {
    # shellcheck disable=SC2086 # a command and its argument
    part "facts on vfilter" python3 "$here/facts.py" "$vfilter" &&
        part "facts on the built-in engine" python3 "$here/facts.py" $builtin &&
        part "conformance cases and idioms" python3 "$here/cases.py" "$vfilter" &&
        part "random queries on both" python3 "$here/compare.py" --count 3000 "$builtin" "$vfilter" &&
        part "hostile rules before vfilter's parser" node "$here/hostile.js" "$sigmaglot" "$vfilter" &&
        part "velociraptor.py, recorded exchanges" python3 "$here/test_velociraptor.py"
}
product_parts() {
    local door="python3 $here/velociraptor.py --velociraptor $built/velociraptor"
    if [ "$(cat "$built/velociraptor.stamp" 2>/dev/null)" != "$release" ]; then
        echo "NOT JUDGED: Velociraptor $release could not be built ($built/product.log): real logs, random queries on the product"
        return 0
    fi
    if [ -d "$shared/regression" ]; then
        part "Velociraptor on real logs" python3 "$here/evtx.py" "$sigmaglot" "$built/velociraptor" "$shared/regression" "${rules[@]}" "${public[@]/%/:${SIGMAGLOT_EVERY:-10}}" || return 1
    else
        echo "NOT JUDGED: no real logs in $shared/regression"
    fi
    part "random queries on vfilter and Velociraptor" python3 "$here/compare.py" --seed 7 --count 40 "$vfilter" "$door"
}

# Two at a time, each with its own output.
product_parts >"$built/product_parts.log" 2>&1 &
languages 2>&1 && status=0 || status=1
wait $! || status=1
cat "$built/product_parts.log"
part "verdicts on vfilter" python3 "$here/../common/verdicts.py" vql:evtx "$sigmaglot" "$vfilter" "${rules[@]}" "${public[@]/%/:${SIGMAGLOT_EVERY:-4}}" || status=1
echo "VQL before other engines: $((SECONDS - started)) s"
exit $status
