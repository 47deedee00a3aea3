#!/bin/sh
# Installs what a fresh Debian 12 lacks: the compiler, libraries, Node, Chromium (and, for `bench`, the
# programs we compare with). Safe to run again: when nothing is missing it returns at once.
# usage: scripts/bootstrap.sh [build|test|bench]...   each set includes the ones before it
set -eu
cd "$(dirname "$0")/.."

build_packages="make cmake ninja-build ccache mold pkg-config git ca-certificates python3
  clang-19 libclang-rt-19-dev libboost1.81-dev libboost-json1.81-dev libfmt-dev libssl-dev libsodium-dev
  libsqlite3-dev libseccomp-dev libtomlplusplus-dev libcli11-dev libgtest-dev libgmock-dev librapidcheck-dev"
test_packages="clang-format-19 clang-tidy-19 chromium fonts-dejavu-core procps
  nginx-light caddy haproxy gunicorn python3-flask"
bench_packages="wrk redis-server python3-gevent python3-flask-limiter
  python3-jwt python3-redis llvm-19"

want=$build_packages
for set in "$@"; do
  case $set in
    build) ;;
    test) want="$want $test_packages" ;;
    bench) want="$want $test_packages $bench_packages" ;;
    *) echo "bootstrap: unknown set '$set' (build, test, bench)" >&2; exit 2 ;;
  esac
done
# A Node that is already there may come from elsewhere than Debian: keep it.
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || want="$want nodejs npm"

# shellcheck disable=SC2086
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $want 2>/dev/null | sed -n 's/^installed //p')
missing=""
for package in $want; do
  case "
$installed
" in *"
$package
"*) ;; *) missing="$missing $package" ;; esac
done
if [ -n "$missing" ]; then
  root=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "bootstrap: run as root or install sudo; missing:$missing" >&2; exit 3; }
    root="sudo"
  fi
  echo "bootstrap: installing$missing"
  # Servers that come along must not start by themselves.
  guard=/usr/sbin/policy-rc.d
  if [ ! -e $guard ]; then
    printf '#!/bin/sh\nexit 101\n' | $root tee $guard >/dev/null && $root chmod 755 $guard
    trap '$root rm -f $guard' EXIT INT TERM
  fi
  $root apt-get update -qq
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

node_major=$(node -p 'process.versions.node.split(".")[0]')
[ "$node_major" -ge 18 ] || { echo "bootstrap: Node 18 or newer is needed, found $(node -v)" >&2; exit 3; }
