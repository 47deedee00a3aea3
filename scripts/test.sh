#!/bin/sh
# Builds and runs every test that needs no second machine; the last line is "N passed, N failed".
# usage: scripts/test.sh [suite-name-part]   e.g. `scripts/test.sh ledger`, `scripts/test.sh e2e`
set -eu
cd "$(dirname "$0")/.."
ninja -C build/release
exec scripts/node.sh tests/run.mjs "$@"
