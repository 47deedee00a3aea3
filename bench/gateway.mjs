// make bench, part gateway: Redline in front of an upstream, beside nginx in front of the same one; and nginx with
// forward-auth, beside nginx alone. Interleaved rounds, one worker each; the upstream is nginx with `return 200`.
//   node bench/gateway.mjs [--rounds 7] [--seconds 3]        by itself; bench/run.mjs calls measureGateway()
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { binary } from "./binary.mjs";
import { pinned } from "./load.mjs";

const secret = "bench-secret-bench-secret-bench-secret-00";
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const microseconds = { us: 1, ms: 1_000, s: 1_000_000 };

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// What stands in front has a core to itself, the load generator and the upstream share the other: otherwise the 99th
// percentile of four processes on two cores says where the scheduler put them.
class Bench {
  folder = mkdtempSync(join(tmpdir(), "redline-bench-gateway-"));
  children = [];

  start(command, args, env = {}) {
    const child = spawn(command, args, { env: { PATH: `${process.env.PATH}:/usr/sbin`, ...env }, stdio: ["ignore", "pipe", "pipe"], cwd: this.folder });
    child.output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (child.output += piece));
    this.children.push(child);
    return child;
  }

  // One worker; `servers` are server blocks, `blocks` what stands beside them.
  async nginx(name, core, servers, blocks = "") {
    const folder = join(this.folder, name);
    spawnSync("mkdir", [folder]);
    const config = join(folder, "nginx.conf");
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${folder}/${one};`).join(" ");
    writeFileSync(config, `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; events { worker_connections 2048; }
http { access_log off; keepalive_requests 100000000; ${paths} ${blocks} ${servers} }`);
    this.start(...pinned(core, "nginx", ["-p", folder, "-c", config, "-e", join(folder, "error.log")]));
  }

  async redline(upstreamPort) {
    const config = join(this.folder, "redline.toml");
    writeFileSync(config, `[server]\nthreads = 1\ntrusted_proxies = ["127.0.0.1"]\n[[gateway.routes]]\nprefix = "/app/"\nupstream = "http://127.0.0.1:${upstreamPort}"\n[[plans]]\nid = "bench"\nname = "Bench"\nrequests = ["1000000/second"]\ntrial_hours = 1000\n`);
    const words = ["serve", "--json", "--config", config, "--data", join(this.folder, "data"), "--listen", "127.0.0.1:0"];
    const child = this.start(...pinned(1, binary, words), { MAKERKIT_JWT_SECRET: secret });
    for (let i = 0; i < 1000 && !child.output.includes("\n"); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    return JSON.parse(child.output.split("\n")[0]).url;
  }

  stop() {
    for (const child of this.children) if (child.exitCode === null) process.kill(child.pid, "SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answering(url, init) {
  for (let i = 0; i < 300; i += 1) {
    const answer = await fetch(url, init).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer from ${url}`);
}

function load(url, script, seconds) {
  const run = spawnSync(...pinned(0, "wrk", ["-t1", "-c64", `-d${seconds}s`, "--latency", "-s", script, url]), { encoding: "utf8" });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(run.stdout)?.[1]);
  const late = /99%\s+([\d.]+)(us|ms|s)/.exec(run.stdout);
  if (!rate || !late || /Non-2xx|Socket errors/.test(run.stdout)) throw new Error(`${url}: ${run.stdout}${run.stderr}`);
  return { rate, p99: Number(late[1]) * microseconds[late[2]] };
}

// Rows of [figure, measured, target], and a table of absolute figures.
export async function measureGateway({ rounds = 7, seconds = 3, progress = () => {} } = {}) {
  const bench = new Bench();
  try {
    const [upstream, proxy, plain, guarded] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    await bench.nginx("upstream", 0, `server { listen 127.0.0.1:${upstream} reuseport; location / { return 200 '{"hello":"world","remaining":36000,"items":[1,2,3,4,5,6,7,8]}'; } }`);
    const redline = await bench.redline(upstream);
    const keep = "proxy_http_version 1.1; proxy_set_header Connection '';";
    await bench.nginx("proxy", 1, `server { listen 127.0.0.1:${proxy} reuseport; location /app/ { ${keep} proxy_pass http://up/; } }`, `upstream up { server 127.0.0.1:${upstream}; keepalive 64; }`);
    await bench.nginx("plain", 1, `server { listen 127.0.0.1:${plain} reuseport; location / { ${keep} proxy_pass http://up/; } }`, `upstream up { server 127.0.0.1:${upstream}; keepalive 64; }`);
    await bench.nginx(
      "guarded",
      1,
      `server { listen 127.0.0.1:${guarded} reuseport; location / { auth_request /_redline; auth_request_set $redline_user $upstream_http_x_redline_user; proxy_set_header X-Redline-User $redline_user; ${keep} proxy_pass http://up/; }
location = /_redline { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Forwarded-For $remote_addr; ${keep} proxy_pass http://redline/v1/authz?refuse=403; } }`,
      `upstream up { server 127.0.0.1:${upstream}; keepalive 64; } upstream redline { server ${new URL(redline).host}; keepalive 64; }`,
    );
    const token = await new SignJWT({ role: "authenticated", email: "bench@example.com", session_id: crypto.randomUUID() }).setProtectedHeader({ alg: "HS256", typ: "JWT" }).setSubject(crypto.randomUUID()).setAudience("authenticated").setIssuedAt().setExpirationTime("2h").sign(new TextEncoder().encode(secret));
    const script = join(bench.folder, "get.lua");
    writeFileSync(script, `wrk.headers["Authorization"] = "Bearer ${token}"\n`);
    const targets = { "nginx as a proxy": `http://127.0.0.1:${proxy}/app/`, "Redline as a gateway": `${redline}/app/`, "nginx alone": `http://127.0.0.1:${plain}/`, "nginx asking Redline": `http://127.0.0.1:${guarded}/` };
    const results = {};
    for (const [name, url] of Object.entries(targets)) {
      await answering(url, { headers: { Authorization: `Bearer ${token}` } });
      load(url, script, Math.min(seconds, 1)); // warm-up
      results[name] = [];
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, url] of Object.entries(targets)) results[name].push(load(url, script, seconds));
      progress(`gateway: round ${round + 1} of ${rounds}\n`);
    }
    const ratio = (a, b, what) => median(results[a].map((one, i) => one[what] / results[b][i][what])).toFixed(2);
    return {
      rows: [
        ["gateway, requests/s ÷ nginx as a proxy", ratio("Redline as a gateway", "nginx as a proxy", "rate"), "≥ 0.90"],
        ["gateway, p99 ÷ nginx as a proxy", ratio("Redline as a gateway", "nginx as a proxy", "p99"), "≤ 1.20"],
        ["forward-auth through nginx, requests/s ÷ nginx alone", ratio("nginx asking Redline", "nginx alone", "rate"), ""],
        ["forward-auth through nginx, p99 ÷ nginx alone", ratio("nginx asking Redline", "nginx alone", "p99"), ""],
      ],
      absolute: Object.entries(results).map(([name, all]) => [name, median(all.map((one) => one.rate)).toFixed(0), median(all.map((one) => one.p99)).toFixed(0)]),
    };
  } finally {
    bench.stop();
  }
}

if (import.meta.filename === process.argv[1]) {
  const option = (name, fallback) => Number(process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
  const { rows, absolute } = await measureGateway({ rounds: option("--rounds", 7), seconds: option("--seconds", 3), progress: (text) => process.stderr.write(text) });
  console.log(`| figure | measured | target |\n| --- | --- | --- |\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`);
  console.log(`| path, one worker each | requests/s | p99 µs |\n| --- | --- | --- |\n${absolute.map((row) => `| ${row.join(" | ")} |`).join("\n")}`);
}
