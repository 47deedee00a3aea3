// The main job, as a client of the HTTP interface sees it: from a fresh account to a paid second on real prices.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { grant, register, signIn } from "../harness/client.mjs";
import { freshFolder, removeFolder, root, startServer, until } from "../harness/server.mjs";

const market = join(root, "tests/data/market");
const env = { REDLINE_METERING_IDLE_GAP_MS: "2000" };
let server;
let poor; // its accounts start with nothing

before(async () => {
  server = await startServer({ env });
  const folder = freshFolder();
  const config = join(folder, "redline.toml");
  writeFileSync(config, '[[plans]]\nid = "payg"\nname = "Hours"\nrequests = ["6000/minute"]\n');
  poor = await startServer({ env, args: ["--config", config] });
  removeFolder(folder);
});

async function payFor(client, sku) {
  const made = await client.expect(201, "POST", "/v1/checkout", { sku }, { "Idempotency-Key": `buy-${sku}-${client.account}` });
  const page = await fetch(made.url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /test/i);
  const paid = await fetch(made.url, {
    method: "POST",
    body: new URLSearchParams({ outcome: "paid" }),
    redirect: "manual",
  });
  assert.equal(paid.status, 303);
  return made.order;
}

test("a new account has one trial hour, loads a real file, draws it, queries it, and pays when the time is used up", async () => {
  const client = await register(server.url);
  const trial = await client.expect(200, "GET", "/v1/balance");
  assert.equal(trial.remaining_seconds, 3600);
  assert.equal(trial.rate, 0);
  assert.deepEqual(trial.grants.map((one) => [one.kind, one.total_ms]), [["trial", 3_600_000]]);

  const file = readFileSync(join(market, "yahoo/yahoofinance-AAPL-20040819-20180120.csv"));
  const job = await client.importFile("aapl", file, "?filename=yahoofinance-AAPL-20040819-20180120.csv");
  assert.equal(job.json.state, "succeeded", JSON.stringify(job.json.error));
  assert.equal(job.json.result.report.rows_kept, 3379);
  assert.deepEqual(job.json.result.report.rejected, []);

  const bars = await client.expect(200, "GET", "/v1/bars/AAPL?dataset=aapl&interval=1mo");
  assert.equal(bars.t.length, 162);
  assert.equal(bars.t[0], Date.UTC(2004, 7, 1));
  const answer = await client.expect(200, "POST", "/v1/query", {
    sql: "SELECT count(*) AS days, max(close) AS top FROM aapl WHERE symbol = ?",
    parameters: ["AAPL"],
  });
  assert.equal(answer.data[0][0], 3379);

  // The first run is settled and closed when nothing was asked for longer than the gap; then the balance stands still.
  const closed = await until("the run to close", async () => {
    const runs = await client.expect(200, "GET", "/v1/runs");
    return runs.data.length === 1 && runs.data[0].state === "closed" ? runs.data[0] : undefined;
  });
  assert.equal(closed.ended_because, "idle");
  const idle = await client.expect(200, "GET", "/v1/balance");
  assert.equal(idle.rate, 0);
  const spent = 3_600_000 - idle.grants[0].remaining_ms;
  assert.equal(spent, closed.billed_ms);
  assert.ok(spent >= 1000, "at least the shortest proof is billed");
  assert.ok(spent <= 60_000, "no idle time is billed");
});

test("someone at zero is told 402 with a way to pay, buys five hours, and goes on; the lists add up", async () => {
  const client = await register(poor.url);
  const banker = await signIn(poor.url, poor.operator);
  const never = await client.expect(402, "GET", "/v1/bars/X?dataset=tiny&interval=1d");
  assert.ok(["subscription_required", "hours_exhausted"].includes(never.reason));

  await grant(banker, client.account, 1_000);
  const csv = "ticker,timestamp,open,high,low,close,vol,openint\nX,2024-01-02,1,2,0.5,1.5,10,0\n";
  const job = await client.importFile("tiny", Buffer.from(csv));
  assert.equal(job.json.state, "succeeded");
  await until("the granted second to be used", async () => (await client.call("POST", "/v1/beats")).status === 402);
  const refused = await client.expect(402, "GET", "/v1/bars/X?dataset=tiny&interval=1d");
  assert.equal(refused.reason, "hours_exhausted");
  assert.ok(refused.checkout_url);
  assert.equal(refused.remaining_seconds, 0);
  // What is not metered stays open.
  await client.expect(200, "GET", "/v1/datasets");
  await client.expect(200, "GET", "/v1/plans");

  const order = await payFor(client, "hours-5");
  const state = await client.expect(200, "GET", `/v1/checkout/${order.id}`);
  assert.equal(state.order.state, "paid");
  await client.expect(200, "GET", "/v1/bars/X?dataset=tiny&interval=1d");

  const sumOf = (rows, amount) => rows.reduce((total, row) => total + amount(row), 0);
  const entries = await until("the last use to be settled, and the lists to agree", async () => {
    const lines = (await client.expect(200, "GET", "/v1/ledger?limit=200")).data;
    const runs = (await client.expect(200, "GET", "/v1/runs?limit=200")).data;
    const charged = -sumOf(lines.filter((entry) => entry.kind === "run_charged"), (entry) => entry.amount_ms);
    return charged >= 1_000 && charged === sumOf(runs, (run) => run.billed_ms) ? lines : undefined;
  });
  assert.equal(sumOf(entries, (entry) => entry.amount_ms), entries[0].available_after_ms);
  const granted = sumOf(entries.filter((entry) => entry.kind === "grant_issued"), (entry) => entry.amount_ms);
  assert.equal(granted, 1_000 + 5 * 3_600_000);
  const payments = (await client.expect(200, "GET", "/v1/payments")).data;
  assert.deepEqual(payments.map((one) => [one.state, one.hours, one.amount.amount]), [["paid", 5, 2500]]);
});

test("two tabs at the same time bill a second once", async () => {
  const client = await register(server.url);
  await client.importFile("tiny", Buffer.from("date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n"), "?symbol=X");
  const started = performance.now();
  for (let round = 0; round < 20; round += 1)
    await Promise.all([1, 2, 3, 4].map(() => client.expect(200, "GET", "/v1/bars/X?dataset=tiny&interval=1d")));
  const elapsed = performance.now() - started;
  const [run] = await until("the settled run", async () => {
    const runs = (await client.expect(200, "GET", "/v1/runs")).data;
    return runs.length > 0 && runs[0].state === "closed" ? runs : undefined;
  });
  assert.ok(run.requests >= 80);
  // The import before the loop belongs to the same run.
  assert.ok(run.billed_ms <= elapsed + 6_000, `${run.billed_ms} ms billed for ${elapsed} ms`);
});

test("every line of a run's explanation adds up to what was billed", async () => {
  const client = await register(server.url);
  await client.importFile("tiny", Buffer.from("date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n"), "?symbol=X");
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT * FROM tiny" });
  const [run] = await until("a settled run", async () => {
    const runs = (await client.expect(200, "GET", "/v1/runs")).data;
    return runs.length > 0 && runs[0].state === "closed" ? runs : undefined;
  });
  const detail = await client.expect(200, "GET", `/v1/runs/${run.id}`);
  assert.equal(detail.lines.reduce((total, line) => total + line.ms, 0), detail.billed_ms);
  assert.equal(detail.grants.reduce((total, one) => total + one.ms, 0), detail.billed_ms);
});

test("signing out ends the run at once and says why", async () => {
  const client = await register(server.url);
  await client.expect(202, "POST", "/v1/beats");
  await client.expect(204, "POST", "/v1/auth/logout");
  const again = await signIn(server.url, client);
  const run = await until("the run to be closed", async () =>
    (await again.expect(200, "GET", "/v1/runs")).data.find((one) => one.state === "closed"),
  );
  assert.equal(run.ended_because, "signed_out");
  assert.equal(run.billed_ms, 1000);
});

// Not a hook: the harness's own, which ends what still runs, comes before those of a file.
test("both servers end when they are told to, without a fault", async () => {
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.deepEqual(await poor.stop(), { code: 0, signal: null });
});
