#!/bin/sh
# Builds Redline and installs it below a prefix (default /opt/redline).  usage: deploy/install.sh [PREFIX]
set -eu
cd "$(dirname "$0")/.."
prefix=${1:-/opt/redline}
make build
install -d "$prefix"
install -m 755 build/release/redline "$prefix/redline"
install -m 644 build/release/libduckdb.so "$prefix/libduckdb.so"
install -m 644 redline.example.toml "$prefix/redline.example.toml"
"$prefix/redline" version
