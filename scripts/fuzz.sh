#!/bin/sh
# Runs every fuzzer for SECONDS_EACH (default 30), starting from its own corpus, what earlier runs found worth keeping
# (build/fuzz/corpus) and the test data it reads. A finding ends the run and leaves its input in build/fuzz.
# usage: scripts/fuzz.sh [name-part]
set -eu
cd "$(dirname "$0")/.."
test -f build/fuzz/build.ninja || cmake --preset fuzz >/dev/null
ninja -C build/fuzz --quiet fuzzers
# Debian's clang comes without llvm-symbolizer; with addr2line a report has names and lines.
names=external_symbolizer_path=$(command -v addr2line)
export ASAN_OPTIONS="$names" UBSAN_OPTIONS="print_stacktrace=1:$names"
for fuzzer in build/fuzz/tests/fuzz/*"${1:-}"*_fuzz; do
  name=$(basename "$fuzzer")
  case $name in
    csv_import_fuzz) seeds=tests/data/market size=4096 ;;
    *) seeds=tests/fuzz/corpus/$name size=8192 ;;
  esac
  mkdir -p "build/fuzz/corpus/$name"
  printf 'fuzz: %s for %s s: ' "$name" "${SECONDS_EACH:-30}"
  log=build/fuzz/$name.log
  "$fuzzer" -max_total_time="${SECONDS_EACH:-30}" -timeout=10 -rss_limit_mb=2048 -max_len="$size" -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" "$seeds" >"$log" 2>&1 ||
    { cat "$log"; exit 1; }
  sed -n 's/^stat::number_of_executed_units: *\(.*\)/\1 inputs/p' "$log"
done
