// make bench: what a metered, authenticated, rate-limited JSON answer costs, beside nginx and beside the Flask stack of
// the requirement, all in one interleaved run; then the meter's own figures.
//   node bench/run.mjs [--rounds 7] [--seconds 3] [--write]     --write puts the table into docs/performance.md
import { spawn, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { createServer } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { binary } from "./binary.mjs";
import { Load, pinned } from "./load.mjs";

const root = join(import.meta.dirname, "..");
const option = (name, fallback) => Number(process.argv[process.argv.indexOf(name) + 1] || fallback);
const rounds = process.argv.includes("--rounds") ? option("--rounds") : 7;
const seconds = process.argv.includes("--seconds") ? option("--seconds") : 3;
const folder = mkdtempSync(join(tmpdir(), "redline-bench-"));
const children = [];
const secret = "bench-secret-bench-secret-bench-secret-00";

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function start(command, args, env = {}) {
  const child = spawn(command, args, { env: { PATH: `${process.env.PATH}:/usr/sbin`, ...env }, stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  child.output = "";
  child.stdout.on("data", (piece) => (child.output += piece));
  child.stderr.on("data", (piece) => (child.output += piece));
  children.push(child);
  return child;
}

async function answering(what, url, init) {
  for (let i = 0; i < 300; i += 1) {
    const ok = await fetch(url, init).then((r) => r.status < 400, () => false);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} does not answer: ${children.map((child) => child.output).join("\n").slice(-2000)}`);
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function startRedline(name, access) {
  const config = join(folder, `${name}.toml`);
  writeFileSync(config, `[server]\nthreads = 1\n[log]\naccess = ${access}\n` + '[[plans]]\nid = "bench"\nname = "Bench"\nrequests = ["1000000/second"]\ntrial_hours = 1000\n');
  const words = ["serve", "--json", "--config", config, "--data", join(folder, name), "--listen", "127.0.0.1:0"];
  const child = start(...pinned(1, binary, words), { MAKERKIT_JWT_SECRET: secret });
  while (!child.output.includes("\n")) await new Promise((resolve) => setTimeout(resolve, 10));
  const { url } = JSON.parse(child.output.split("\n")[0]);
  return { name, url: `${url}/v1/beats`, pids: [child.pid] };
}

async function startNginx(body) {
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  writeFileSync(config, `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.err;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server { listen 127.0.0.1:${port} reuseport; location / { return 200 '${body}'; } } }`);
  const child = start(...pinned(1, "nginx", ["-c", config, "-e", join(folder, "nginx.err")]));
  return { name: "nginx", url: `http://127.0.0.1:${port}/v1/beats`, pids: [child.pid] };
}

async function startFlask() {
  const redisPort = await freePort();
  const port = await freePort();
  const redis = start("redis-server", ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]);
  const child = start("/usr/bin/python3", ["-m", "gunicorn", "-k", "gevent", "-w", "1", "-b", `127.0.0.1:${port}`, "--chdir", join(root, "bench"), "flask_app:app"], {
    BENCH_JWT_SECRET: secret,
    BENCH_REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
  });
  return { name: "flask", url: `http://127.0.0.1:${port}/v1/beats`, pids: [child.pid, redis.pid], spread: true };
}

const token = await new SignJWT({ role: "authenticated", email: "bench@example.com", session_id: crypto.randomUUID() })
  .setProtectedHeader({ alg: "HS256", typ: "JWT" })
  .setSubject(crypto.randomUUID())
  .setAudience("authenticated")
  .setIssuedAt()
  .setExpirationTime("2h")
  .sign(new TextEncoder().encode(secret));
const load = new Load({ folder, token, seconds });
const init = { method: "POST", headers: { Authorization: `Bearer ${token}` } };

try {
  const redline = await startRedline("redline", true);
  const unlogged = await startRedline("redline, no access lines", false);
  for (const one of [redline, unlogged]) await answering(one.name, one.url, init);
  const body = await (await fetch(redline.url, init)).text();
  const nginx = await startNginx(body);
  const flask = await startFlask();
  await answering("nginx", nginx.url, init);
  await answering("the Flask stack", flask.url, init);
  const targets = [nginx, unlogged, redline, flask];
  for (const target of targets) load.byGenerator(target); // warm-up
  const results = Object.fromEntries(targets.map(({ name }) => [name, []]));
  const byWrk = { nginx: [], [unlogged.name]: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) results[target.name].push(load.byGenerator(target));
    for (const target of [nginx, unlogged]) byWrk[target.name].push(load.byWrk(target));
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  const ratio = (a, b, what, from = results) => median(from[a].map((one, i) => one[what] / from[b][i][what]));
  const rows = [
    ["requests/s ÷ nginx, neither writes access lines", ratio(unlogged.name, "nginx", "rate").toFixed(2), "≥ 1.00"],
    ["CPU per request ÷ nginx, neither writes access lines", ratio(unlogged.name, "nginx", "cpu").toFixed(2), "≤ 0.95"],
    ["requests/s ÷ nginx, Redline writes them, as shipped", ratio("redline", "nginx", "rate").toFixed(2), ""],
    ["CPU per request ÷ nginx, Redline writes them, as shipped", ratio("redline", "nginx", "cpu").toFixed(2), ""],
    ["requests/s ÷ nginx, asked by wrk, neither writes access lines", ratio(unlogged.name, "nginx", "rate", byWrk).toFixed(2), ""],
    ["CPU per request ÷ nginx, asked by wrk, neither writes access lines", ratio(unlogged.name, "nginx", "cpu", byWrk).toFixed(2), ""],
    ["requests/s ÷ Flask stack", ratio("redline", "flask", "rate").toFixed(0), "≥ 80"],
    ["CPU per request, Flask stack ÷ Redline", ratio("flask", "redline", "cpu").toFixed(0), ""],
  ];
  const micro = JSON.parse(spawnSync(binary, ["bench", "meter", "--json"], { encoding: "utf8", cwd: folder }).stdout);
  rows.push(["touch of the live meter, 100,000 accounts", `${micro.touch_ns} ns`, "≤ 200 ns"]);
  rows.push(["the same, runs of several kinds", `${micro.mixed_touch_ns} ns`, "≤ 200 ns"]);
  rows.push(["admit, 100,000 accounts", `${micro.admit_ns} ns`, "≤ 100 ns"]);
  const tokens = JSON.parse(spawnSync(binary, ["bench", "tokens", "--json"], { encoding: "utf8", cwd: folder }).stdout);
  rows.push(["token cache hit", `${tokens.hit_ns} ns`, "≤ 150 ns"]);
  rows.push(["token cache miss: HS256, EdDSA, ES256, RS256", `${tokens.hs256_us}, ${tokens.eddsa_us}, ${tokens.es256_us}, ${tokens.rs256_us} µs`, ""]);
  const limiter = JSON.parse(spawnSync(binary, ["bench", "limiter", "--json"], { encoding: "utf8", cwd: folder }).stdout);
  rows.push(["limiter, a decision: known, new, at the shipped 65,536 subjects", `${limiter.known_ns}, ${limiter.new_ns} ns`, "≤ 100 ns"]);
  rows.push(["the same, with room for 1,048,576, which no server has", `${limiter.million_known_ns}, ${limiter.million_new_ns} ns`, ""]);
  rows.push(["limiter, memory of a subject", `${limiter.bytes_per_subject} bytes`, ""]);
  rows.push(...(await (await import("./gateway.mjs")).measureGateway({ rounds, seconds, progress: (text) => process.stderr.write(text) })).rows);
  rows.push(["memory of a live account: run of one kind, of several", `${micro.bytes_per_account}, ${micro.mixed_bytes_per_account} bytes`, "≤ 160 bytes"]);
  rows.push(...(await (await import("./ledger.mjs")).measureLedger({ progress: (text) => process.stderr.write(text) })));
  const absolute = targets.map(({ name }) => `| ${name} | ${median(results[name].map((one) => one.rate)).toFixed(0)} | ${median(results[name].map((one) => one.cpu)).toFixed(1)} |`);
  const text = `| figure | measured | target |\n| --- | --- | --- |\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n\n| server, one worker | requests/s | CPU µs a request |\n| --- | --- | --- |\n${absolute.join("\n")}\n`;
  console.log(text);
  if (process.argv.includes("--write")) {
    const path = join(root, "docs/performance.md");
    const page = readFileSync(path, "utf8");
    const day = new Date().toISOString().slice(0, 10);
    const machine = `${cpus()[0].model.replace(/\s+/g, " ").trim()}, ${cpus().length} cores, Debian 12; ${rounds} interleaved rounds of ${seconds} s, medians; ${day}.`;
    writeFileSync(path, page.replace(/<!-- measured -->[^]*<!-- end -->/, `<!-- measured -->\n${machine}\n\n${text}<!-- end -->`));
  }
} finally {
  for (const child of children) if (child.exitCode === null) process.kill(child.pid, "SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
