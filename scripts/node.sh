#!/bin/sh
# Runs Node from package-lock.json (the same version everywhere): `node.sh FILE…` a script, `node.sh run NAME` a
# script of package.json.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x64 ;; esac
PATH="$root/node_modules/node-linux-$arch/bin:$root/node_modules/.bin:$PATH"
export PATH
if [ "${1:-}" = run ]; then
  cd "$root"
  exec npm run --silent "$2"
fi
exec node "$@"
