#!/bin/sh
# Builds every unit test under a sanitizer and runs it.
# usage: scripts/sanitize.sh asan|tsan [folder]   e.g. `scripts/sanitize.sh tsan ledger` for that folder's tests only
set -eu
cd "$(dirname "$0")/.."
test -f "build/$1/build.ninja" || cmake --preset "$1" >/dev/null
if [ $# -gt 1 ]; then
  target=${2}_test tests="^$2\$"
else
  target=unit_tests tests=.
fi
ninja -C "build/$1" --quiet "$target"
# Debian's clang comes without llvm-symbolizer; with addr2line a report has names and lines.
names=external_symbolizer_path=$(command -v addr2line)
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:$names" UBSAN_OPTIONS="print_stacktrace=1:$names"
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tests/style/tsan.supp:$names"
exec ctest --test-dir "build/$1" --output-on-failure -R "$tests"
