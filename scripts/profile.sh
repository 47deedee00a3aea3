#!/bin/sh
# Counts anew how often each branch of the release is taken: builds it with counters, runs the bench on it (whose
# figures mean nothing then) and writes cmake/release.profdata. By hand, when the hot path has changed.
set -eu
cd "$(dirname "$0")/.."
scripts/bootstrap.sh bench
cmake --preset profile >/dev/null
ninja -C build/profile redline
cmake --preset release >/dev/null
ninja -C build/release load_generator
rm -rf build/profile/counts
REDLINE_BINARY="$PWD/build/profile/redline" scripts/node.sh bench/run.mjs --rounds 1 --seconds 2
llvm-profdata-19 merge --sparse --output=cmake/release.profdata build/profile/counts/*.profraw
