#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds from the kept corpus and the rules that ship: README.md.
#   tests/fuzz/run.sh [SECONDS [TARGET...]]
# Fails on a panic, a hang (10 s for one input) or 2 GB of memory; the input is then in target/fuzz/artifacts.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=${1:-10}
[ $# -gt 0 ] && shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(yaml condition patterns kql spl vql pipeline)
tools=$root/target/ci-tools
built=$root/target/fuzz
started=$SECONDS

[ -x "$tools/bin/cargo-fuzz" ] || cargo install --locked --quiet --root "$tools" cargo-fuzz@0.13.2
# Coverage is asked of the compiler by flags that stable Rust guards; no sanitizer, since there is no unsafe code to watch.
(cd "$here" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$built "$tools/bin/cargo-fuzz" build --sanitizer none --fuzz-dir . 2>&1 | tail -n 1)
echo "built in $((SECONDS - started)) s"

mkdir -p "$built/artifacts" "$built/seeds/rules"
for rule in "$root"/rules/*/*.yml; do
    case $rule in *.events.yml | */pack.yml) ;; *) cp "$rule" "$built/seeds/rules/$(basename "$(dirname "$rule")")-$(basename "$rule")" ;; esac
done
status=0
for target in "${targets[@]}"; do
    work=$built/work/$target
    rm -rf "$work"
    mkdir -p "$work"
    folders=("$work" "$here/corpus/$target")
    case $target in yaml | pipeline) folders+=("$built/seeds/rules") ;; esac
    log=$built/$target.log
    if "$built"/*/release/"$target" "${folders[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
        -artifact_prefix="$built/artifacts/$target-" >"$log" 2>&1; then
        runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log")
        coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
        echo "$target: ${runs:-0} runs, $coverage edges, no finding"
    else
        echo "$target: FOUND"
        tail -n 40 "$log"
        status=1
    fi
done
echo "fuzzing: $((SECONDS - started)) s"
exit $status
