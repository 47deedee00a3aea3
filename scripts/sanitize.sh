#!/bin/sh
# Builds under a sanitizer and runs what was built.
# usage: scripts/sanitize.sh asan|tsan [folder]             every unit test, or that folder's
#        scripts/sanitize.sh asan|tsan functional [file]    the functional tests with that server, or one file's
set -eu
cd "$(dirname "$0")/.."
test -f "build/$1/build.ninja" || cmake --preset "$1" >/dev/null
case ${2-} in
  functional) target=redline ;;
  "") target=unit_tests tests=. ;;
  *) target=${2}_test tests="^$2\$" ;;
esac
ninja -C "build/$1" --quiet "$target"
# Debian's clang comes without llvm-symbolizer; with addr2line a report has names and lines.
names=external_symbolizer_path=$(command -v addr2line)
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:$names" UBSAN_OPTIONS="print_stacktrace=1:$names"
export TSAN_OPTIONS="halt_on_error=1:$names"
if [ "$target" = redline ]; then
  export REDLINE_BINARY="$PWD/build/$1/redline"
  if [ $# -gt 2 ]; then exec scripts/node.sh --test "$3"; fi
  exec scripts/node.sh tests/run.mjs functional
fi
exec ctest --test-dir "build/$1" --output-on-failure -R "$tests"
