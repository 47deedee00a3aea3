// Starting, refusing to start, and stopping, as an operator sees it.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { register } from "../harness/client.mjs";
import { Server, freshFolder, redline, removeFolder, startServer, until } from "../harness/server.mjs";

test("the pretend checkout refuses a live key and an address that others can reach", async () => {
  const data = freshFolder();
  for (const [args, env] of [
    [["--listen", "127.0.0.1:0"], { STRIPE_SECRET_KEY: "sk_live_0123456789abcdef" }],
    [["--listen", "0.0.0.0:0"], {}],
    [["--listen", "127.0.0.1:0"], { REDLINE_SERVER_PUBLIC_URL: "https://redline.example.com" }],
  ]) {
    const run = await redline(["serve", "--data", data, ...args], env);
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /test page|test-page|live key/i);
    assert.doesNotMatch(run.stderr, /sk_live_/);
  }
  removeFolder(data);
});

test("a port in use, an unknown command and a bad setting are named in plain words", async () => {
  const server = await startServer();
  const data = freshFolder();
  const port = new URL(server.url).port;
  const busy = await redline(["serve", "--data", data, "--listen", `127.0.0.1:${port}`]);
  assert.equal(busy.code, 3);
  assert.match(busy.stderr, /in use/i);
  assert.equal((await redline(["sreve"])).code, 2);
  const bad = await redline(["check-config"], { REDLINE_SERVER_THREADS: "many" });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /REDLINE_SERVER_THREADS/);
  removeFolder(data);
  await server.stop();
});

test("SIGTERM lets a running query finish, settles, and exits 0; the data folder is closed to others", async () => {
  const data = freshFolder();
  const server = await startServer({ data });
  assert.equal(statSync(data).mode & 0o077, 0);
  const client = await register(server.url);
  const query = client.call("POST", "/v1/query", { sql: "SELECT count(*) FROM range(40000) a, range(40000) b" });
  await until("the query to run", async () => /redline_streams_open 1/.test((await client.get("/metrics")).text));
  const stopped = server.kill("SIGTERM");
  assert.equal((await query).json.data[0][0], 1_600_000_000);
  assert.deepEqual(await stopped, { code: 0, signal: null });
  const verified = await redline(["ledger", "verify", "--json", "--data", data]);
  const report = JSON.parse(verified.stdout);
  assert.equal(report.ok, true);
  assert.ok(report.consumed_ms >= 1000, "the query's time was settled");
  removeFolder(data);
});

test("an account of the command line signs in, and its token works", async () => {
  const data = freshFolder();
  const made = await redline(["account", "create", "--email", "op@example.com", "--operator", "--json", "--data", data]);
  assert.equal(made.code, 0, made.stderr);
  const account = JSON.parse(made.stdout);
  const token = (await redline(["token", "issue", "--account", account.account, "--ttl", "5m", "--data", data])).stdout.trim();
  assert.equal((await redline(["account", "grant", "--account", account.account, "--seconds", "60", "--reason", "a test", "--data", data])).code, 0);
  const listed = await redline(["account", "list", "--data", data]);
  assert.match(listed.stdout, new RegExp(`${account.account}\\s+60000 ms\\s+operator`));
  const server = await new Server({ data, demo: false }).start();
  const session = await fetch(`${server.url}/v1/session`, { headers: { Authorization: `Bearer ${token}` } });
  assert.deepEqual((await session.json()).roles, ["operator", "admin"]);
  const login = await fetch(`${server.url}/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: account.email, password: account.password }),
  });
  assert.equal(login.status, 200);
  await server.stop();
  removeFolder(data);
});

test("a second start with the same folder keeps accounts, data and balances", async () => {
  const data = freshFolder();
  const first = await startServer({ data });
  const client = await register(first.url);
  const job = await client.importFile("prices", Buffer.from("date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n"), "?symbol=X");
  assert.equal(job.json.state, "succeeded");
  await first.stop();
  const second = await startServer({ data });
  client.url = second.url;
  const list = await client.expect(200, "GET", "/v1/datasets");
  assert.deepEqual(list.data.map((one) => [one.name, one.rows]), [["prices", 1]]);
  const entries = (await client.expect(200, "GET", "/v1/ledger")).data;
  const balance = await client.expect(200, "GET", "/v1/balance");
  assert.equal(balance.grants[0].remaining_ms, entries[0].available_after_ms);
  await second.stop();
  removeFolder(data);
});

test("a log without access lines still tells what happened", async () => {
  const events = async (access) => {
    const data = freshFolder();
    const server = await startServer({ data, env: { REDLINE_LOG_ACCESS: access } });
    await register(server.url);
    await server.stop();
    const lines = readFileSync(join(data, "redline_web.log"), "utf8").trim().split("\n");
    removeFolder(data);
    return lines.map((line) => JSON.parse(line).event);
  };
  assert.ok((await events("true")).includes("request"));
  const quiet = await events("false");
  assert.ok(quiet.length > 0 && !quiet.includes("request"), quiet.join());
});
