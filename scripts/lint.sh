#!/bin/sh
# clang-tidy over every source, a dozen at a time (a unity build that is never compiled): most of a single file's time
# goes into the library headers.
set -eu
cd "$(dirname "$0")/.."
cmake --preset lint >/dev/null
python3 -c 'import json
for unit in json.load(open("build/lint/compile_commands.json")):
    name = unit["file"]
    if name.endswith((".cxx", ".cpp")) and "_test.dir" not in unit["command"] and "/src/" in name and "__" not in name:
        print(name)' |
  xargs -P "$(nproc)" -n 1 clang-tidy-19 -p build/lint --quiet --checks=-bugprone-suspicious-include \
    2>build/tidy.log >build/tidy.out || { cat build/tidy.out; echo "lint: clang-tidy found the above"; exit 1; }
