#!/bin/sh
# The HTTP layer against nginx `return 200` with a body of the same size: one server thread each,
# keep-alive, 64 connections, interleaved pairs; prints the medians of the ratios.
#   bench/http_probe.sh <path of http_probe> [pairs] [seconds]
set -eu
probe=$1 pairs=${2:-7} seconds=${3:-3}
dir=$(mktemp -d)
trap 'kill $probe_pid $nginx_pid 2>/dev/null || true; rm -rf "$dir"' EXIT INT TERM
"$probe" 127.0.0.1:0 1 >"$dir/address" &
probe_pid=$!
while [ ! -s "$dir/address" ]; do sleep 0.05; done
url=$(cat "$dir/address")/v1/probe
body=$(curl -s "$url")
nginx_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$dir/nginx.conf" <<CONF
daemon off; master_process off; worker_processes 1; pid $dir/pid; error_log $dir/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; server_tokens off; default_type application/json;
  client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
  server { listen 127.0.0.1:$nginx_port; location /v1/probe { return 200 '$body'; } }
}
CONF
nginx -c "$dir/nginx.conf" -p "$dir" 2>/dev/null &
nginx_pid=$!
until curl -s "http://127.0.0.1:$nginx_port/v1/probe" >/dev/null; do sleep 0.05; done
python3 - "$probe_pid" "$url" "$nginx_pid" "http://127.0.0.1:$nginx_port/v1/probe" "$pairs" "$seconds" <<'PY'
import re, statistics, subprocess, sys
probe_pid, probe_url, nginx_pid, nginx_url, pairs, seconds = sys.argv[1:]

def cpu_ticks(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])

def run(pid, url):
    before = cpu_ticks(pid)
    text = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", url], capture_output=True, text=True).stdout
    ticks = cpu_ticks(pid) - before
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    assert "Non-2xx" not in text, text
    return rate, ticks * 10_000 / requests

rows = []
for i in range(int(pairs)):
    ours, theirs = (run(probe_pid, probe_url), run(nginx_pid, nginx_url)) if i % 2 == 0 else \
        (run(nginx_pid, nginx_url), run(probe_pid, probe_url))[::-1]
    rows.append((ours, theirs))
    print(f"  {ours[0]:9.0f} req/s {ours[1]:6.2f} us   nginx {theirs[0]:9.0f} req/s {theirs[1]:6.2f} us", flush=True)
print(f"requests/s ratio {statistics.median(o[0] / t[0] for o, t in rows):.3f}"
      f"   CPU per request ratio {statistics.median(o[1] / t[1] for o, t in rows):.3f}")
PY
