// Usage history: what reports say comes from the ledger's closed runs, and nothing waits for the file.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, register } from "../harness/client.mjs";
import { freshFolder, redline, removeFolder, startServer, until } from "../harness/server.mjs";

const env = { REDLINE_METERING_IDLE_GAP_MS: "100", REDLINE_METERING_MIN_PROOF_MS: "50" };
const data = freshFolder();
let server;
let client;

before(async () => {
  server = await startServer({ data, env });
  client = await register(server.url);
});
after(async () => {
  await server.stop();
  removeFolder(data);
});

const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
const usage = async (query = "") => (await client.expect(200, "GET", `/v1/usage${query}`)).data;
const closedRuns = async () => (await client.expect(200, "GET", "/v1/runs?limit=200")).data.filter((run) => run.ended_because);

async function restart() {
  server = await startServer({ data, env });
  client.url = server.url;
}

test("days and hours of a report add up to the closed runs, routes to what was asked", async () => {
  for (let i = 0; i < 3; i += 1) {
    await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
    await until("the run to close", async () => (await closedRuns()).length === i + 1);
  }
  const used = sum(await closedRuns(), "billed_ms") + sum(await closedRuns(), "unbilled_ms");
  await until("the report", async () => sum(await usage(), "runs") === 3);
  for (const query of ["", "?tz=Europe/Warsaw", "?group_by=hour", "?group_by=hour&tz=Asia/Kolkata"]) {
    const rows = await usage(query);
    assert.equal(sum(rows, "active_ms"), used, query);
    assert.ok(rows.every((row, i) => i === 0 || rows[i - 1].to === row.from), query);
  }
  const routes = await usage("?group_by=route");
  assert.equal(routes.find((row) => row.route === "query").requests, 3);
});

test("a report by plan and by key says who asked, and a rebuild keeps it", async () => {
  const made = await client.expect(201, "POST", "/v1/keys", { name: "robot", scopes: ["query", "billing:read"] });
  const robot = new Client(server.url, made.secret);
  for (let i = 0; i < 2; i += 1) await robot.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  const by = async (group) => (await usage(`?group_by=${group}`)).map((row) => [row[group], row.requests]);
  const keys = await until("the key's requests", async () => {
    const said = await by("key");
    return said.some(([key, requests]) => key === made.id && requests === 2) && said;
  });
  assert.ok(keys.some(([key, requests]) => key === null && requests > 3), JSON.stringify(keys));
  const plans = await usage("?group_by=plan");
  const { plan } = await client.expect(200, "GET", "/v1/session");
  assert.deepEqual(plans.map((row) => row.plan), [plan.id]);
  assert.ok(!("active_ms" in plans[0]));
  assert.ok(plans[0].requests > 5);
  await server.stop();
  assert.equal((await redline(["history", "rebuild", "--data", data])).code, 0);
  await restart();
  assert.deepEqual((await by("key")).find(([key]) => key === made.id), [made.id, 2]);
  robot.url = server.url;
  assert.ok((await robot.expect(200, "GET", "/v1/usage")).data.length > 0, "billing:read is enough");
});

test("a report is of one account only", async () => {
  const other = await register(server.url);
  assert.equal(sum((await other.expect(200, "GET", "/v1/usage")).data, "active_ms"), 0);
});

test("rebuilt from the ledger it says the same of the runs", async () => {
  const said = sum(await usage(), "active_ms");
  const busy = await redline(["history", "rebuild", "--data", data]);
  assert.equal(busy.code, 3, busy.stderr);
  await server.stop();
  rmSync(join(data, "history.duckdb"));
  const rebuilt = await redline(["history", "rebuild", "--json", "--data", data]);
  assert.equal(rebuilt.code, 0, rebuilt.stderr);
  assert.ok(JSON.parse(rebuilt.stdout).runs >= 3);
  await restart();
  assert.equal(sum(await usage(), "active_ms"), said);
});

// D59: a history file that could not be opened switched metering off.
test("with a file that is no database the server serves, bills and says so", async () => {
  await server.stop();
  rmSync(join(data, "history.duckdb"));
  writeFileSync(join(data, "history.duckdb"), "x".repeat(50_000));
  await restart();
  const open = new Client(server.url);
  const health = await until("the failure", async () => {
    const now = await open.expect(200, "GET", "/health");
    return now.components.history.status === "degraded" && now;
  });
  assert.equal(health.status, "degraded");
  assert.ok(!health.components.history.detail.includes(data));
  const before = (await closedRuns()).length;
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  await until("the run to close", async () => (await closedRuns()).length > before);
  assert.equal((await client.call("GET", "/v1/usage")).json.reason, "history_unavailable");
  await server.stop();
  assert.equal((await redline(["history", "rebuild", "--data", data])).code, 0);
  assert.ok(existsSync(join(data, "history.duckdb.unreadable")));
  await restart();
  assert.ok(sum(await usage(), "runs") > before);
});

test("a history that breaks while the server runs comes back by itself when the cause is gone", async () => {
  await server.stop();
  const kept = readFileSync(join(data, "history.duckdb"));
  writeFileSync(join(data, "history.duckdb"), "x".repeat(50_000));
  await restart();
  const open = new Client(server.url);
  const history = async () => (await open.expect(200, "GET", "/health")).components.history.status;
  await until("the failure", async () => (await history()) === "degraded");
  const before = (await closedRuns()).length;
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  await until("the run to close", async () => (await closedRuns()).length > before);
  writeFileSync(join(data, "history.duckdb"), kept);
  await until("the report to have every run", async () => {
    const answer = await client.call("GET", "/v1/usage");
    return answer.status === 200 && sum(answer.json.data, "runs") === (await closedRuns()).length;
  });
  assert.equal(await history(), "ok");
});

test("kill -9 leaves a history that goes on", async () => {
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  await server.crash();
  await restart();
  const runs = async () => (await closedRuns()).length;
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  await until("the report to have every run", async () => sum(await usage(), "runs") === (await runs()));
});
