#!/bin/sh
# What CI runs: format, clang-tidy, house rules and every test.
set -eu
cd "$(dirname "$0")/.."
git ls-files -co --exclude-standard 'src/*.cpp' 'src/*.hpp' 'bench/*.cpp' 'tests/*.cpp' |
  xargs clang-format-19 --dry-run --Werror || { echo "check: run make format"; exit 1; }
scripts/lint.sh
exec scripts/test.sh
