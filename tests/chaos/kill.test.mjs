// kill -9 under load, again and again, on one data folder: whatever was acknowledged is there, nothing is there twice,
// a dataset is wholly there or wholly absent, and the ledger agrees with its journal each time.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { Server, freshFolder, redline, removeFolder } from "../harness/server.mjs";

const rounds = Number(process.env.REDLINE_KILLS ?? 50);
const data = freshFolder("redline-chaos-");
const env = { REDLINE_METERING_IDLE_GAP_MS: "300", REDLINE_METERING_SETTLE_INTERVAL_MS: "100" };
after(() => removeFolder(data));

// What the server said yes to; it must all survive.
const acknowledged = { accounts: new Map(), grants: [], orders: [], datasets: new Map() };
const rows = 3000;
const csv = Buffer.from(
  "ticker,timestamp,open,high,low,close,vol,openint\n" +
    Array.from({ length: rows }, (_, i) => `T,${new Date(Date.UTC(2000, 0, 1 + i)).toISOString().slice(0, 10)},1,2,0.5,1.5,${i},0\n`).join(""),
);

async function oneUser(server, operator, round) {
  const client = await register(server.url);
  acknowledged.accounts.set(client.account, { email: client.email, password: client.password });
  const key = `kill-${round}-${client.account}`;
  const given = await grant(operator, client.account, 60_000, key);
  acknowledged.grants.push({ account: client.account, id: given.id });
  const checkout = await client.expect(201, "POST", "/v1/checkout", { sku: "hours-5" });
  // A kill may come while nobody waits for this answer.
  const paying = fetch(checkout.url, { method: "POST", body: new URLSearchParams({ outcome: "paid" }), redirect: "manual" }).catch(
    () => ({ status: 0 }),
  );
  const job = await client.importFile("prices", csv);
  if (job.status === 202 && job.json.state === "succeeded") acknowledged.datasets.set(client.account, rows);
  const paid = await paying;
  if (paid.status === 303) acknowledged.orders.push({ account: client.account, id: checkout.order.id });
  for (;;) {
    await Promise.all([client.call("POST", "/v1/query", { sql: "SELECT count(*) FROM prices" }), client.call("POST", "/v1/beats")]);
  }
}

async function load(server, round) {
  const operator = await signIn(server.url, server.operator);
  await Promise.all(Array.from({ length: 4 }, () => oneUser(server, operator, round)));
}

async function checkSurvivors(server) {
  const sample = [...acknowledged.accounts.entries()].slice(-6);
  for (const [account, who] of sample) {
    const client = await signIn(server.url, who);
    assert.equal(client.account, account);
    const entries = [];
    for (let cursor = ""; cursor !== null; ) {
      const page = await client.expect(200, "GET", `/v1/ledger?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      entries.push(...page.data);
      cursor = page.next_cursor;
    }
    const issued = entries.filter((entry) => entry.kind === "grant_issued");
    for (const one of acknowledged.grants.filter((each) => each.account === account))
      assert.equal(issued.filter((entry) => entry.grant_id === one.id).length, 1, "an acknowledged grant is there once");
    assert.equal(new Set(issued.map((entry) => entry.key)).size, issued.length);
    for (const order of acknowledged.orders.filter((each) => each.account === account)) {
      assert.equal((await client.expect(200, "GET", `/v1/checkout/${order.id}`)).order.state, "paid");
      assert.equal(issued.filter((entry) => entry.amount_ms === 5 * 3_600_000).length, 1, "a payment is credited once");
    }
    const counted = await client.call("POST", "/v1/query", { sql: "SELECT count(*) FROM prices" });
    if (acknowledged.datasets.has(account)) assert.equal(counted.status, 200, counted.text);
    if (counted.status === 200) assert.equal(counted.json.data[0][0], rows, "a dataset is whole or absent");
    else assert.equal(counted.json.reason, "sql_error");
  }
}

test(`${rounds} kills under load lose nothing acknowledged, and the ledger agrees each time`, async () => {
  let slowest = 0;
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const server = await new Server({ data, env }).start();
    slowest = Math.max(slowest, performance.now() - started);
    if (round % 10 === 9) await checkSurvivors(server);
    // The load ends with the connection; that is what a kill looks like from outside.
    const working = load(server, round).catch((error) => {
      if (error.code === "ERR_ASSERTION" || /not \d{3}:|contract/.test(error.message)) throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, 150 + ((round * 7919) % 600)));
    await server.crash();
    await working;
    const verified = await redline(["ledger", "verify", "--json", "--data", data]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  }
  const server = await new Server({ data, env }).start();
  await checkSurvivors(server);
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.ok(acknowledged.grants.length > rounds / 2, "there was load");
  assert.ok(slowest < 10_000, `the slowest start took ${slowest} ms`);
});

test("a stop settles and exits 0, and a second process is told who holds the folder", async () => {
  const server = await new Server({ data, env }).start();
  // Who only reads may look on; a second server may not.
  assert.equal((await redline(["ledger", "verify", "--data", data])).code, 0);
  const second = await redline(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
  assert.equal(second.code, 3);
  assert.match(second.stderr, new RegExp(`process ${server.pid}`));
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  const client = new Client("http://127.0.0.1:9");
  await assert.rejects(client.get("/health"));
});
