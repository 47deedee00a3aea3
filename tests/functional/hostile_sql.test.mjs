// A hostile query hurts nobody but itself: the server keeps answering, its memory stays flat, and other accounts notice
// nothing. D30-D36.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { register, signIn, grant } from "../harness/client.mjs";
import { startServer, until } from "../harness/server.mjs";

let server;
let attacker;
let neighbour;

before(async () => {
  server = await startServer({ env: { REDLINE_WORKSPACE_MEMORY_MB: "768", REDLINE_WORKSPACE_QUERY_TIMEOUT_MS: "4000" } });
  const operator = await signIn(server.url, server.operator);
  [attacker, neighbour] = await Promise.all([register(server.url), register(server.url)]);
  const csv = "date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n2024-01-03,1,2,0.5,1.6,11\n";
  for (const client of [attacker, neighbour]) {
    await grant(operator, client.account, 3_600_000);
    const job = await client.importFile("prices", Buffer.from(csv), "?symbol=X");
    assert.equal(job.json.state, "succeeded", JSON.stringify(job.json.error));
  }
});
after(async () => server.stop());

function resident(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

async function neighbourIsFine() {
  const answer = await neighbour.expect(200, "POST", "/v1/query", { sql: "SELECT count(*) FROM prices" });
  assert.equal(answer.data[0][0], 2);
}

const heavy = [
  "SELECT len(range(400000000))",
  "SELECT count(*) FROM (SELECT unnest(generate_series(1,1000000000)))",
  "SELECT length(repeat('x',3000000000))",
  "SELECT repeat('x',3000000000)",
  "SELECT count(*) FROM range(100000000) a, range(100000000) b",
  "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT sum(n) FROM t",
  "SELECT list(i) FROM range(300000000) t(i)",
];
for (const sql of heavy)
  test(`${sql} ends with a clear answer and nobody else notices`, async () => {
    const pending = attacker.call("POST", "/v1/query", { sql });
    await neighbourIsFine();
    const answer = await pending;
    await neighbourIsFine();
    if (answer.status !== 200)
      assert.ok(["query_timeout", "query_memory", "sql_error", "worker_failed"].includes(answer.json.reason), answer.text);
    assert.ok(resident(server.pid) < 400, `the server itself grew to ${resident(server.pid)} MB`);
    await until("the attacker's workspace to work again", async () => (await attacker.call("POST", "/v1/query", { sql: "SELECT 1" })).status === 200);
  });

const forbidden = [
  "SELECT * FROM read_text('/etc/passwd')",
  "SELECT * FROM read_csv('/etc/passwd')",
  "SELECT * FROM read_blob('/proc/self/environ')",
  "SELECT * FROM glob('/**')",
  "SELECT * FROM sniff_csv('/etc/passwd')",
  "SELECT * FROM '/etc/passwd'",
  "SELECT * FROM read_parquet('../*/data.duckdb')",
  "SELECT * FROM read_text('http://127.0.0.1:1/')",
  "ATTACH '/tmp/x.db' AS x",
  "ATTACH ':memory:' AS x",
  "COPY prices TO '/tmp/stolen.csv'",
  "COPY (SELECT 1) TO 'uploads/x.csv'",
  "INSTALL httpfs",
  "LOAD httpfs",
  "SET memory_limit='100GB'",
  "PRAGMA enable_profiling",
  "CALL enable_logging()",
  "CREATE TABLE x AS SELECT 1",
  "DROP TABLE prices",
  "INSERT INTO prices SELECT * FROM prices",
  "DELETE FROM prices",
  "CREATE SECRET s (TYPE s3)",
  "CHECKPOINT",
  "EXPORT DATABASE '/tmp/x'",
  "SELECT 1; SELECT 2",
  "USE memory",
];
for (const sql of forbidden)
  test(`${sql} is refused`, async () => {
    const answer = await attacker.call("POST", "/v1/query", { sql });
    assert.ok([403, 422].includes(answer.status), `${answer.status} ${answer.text.slice(0, 300)}`);
    assert.doesNotMatch(answer.text, /root:x:|\/work\/|redline-data-|\/tmp\/redline/);
  });

test("after all of it the attacker's own data is whole", async () => {
  const answer = await attacker.expect(200, "POST", "/v1/query", { sql: "SELECT count(*) FROM prices" });
  assert.equal(answer.data[0][0], 2);
});

test("catalogue functions show no path of the server", async () => {
  for (const sql of ["SELECT * FROM duckdb_databases()", "SELECT * FROM duckdb_settings()", "SELECT current_setting('temp_directory')"]) {
    const answer = await attacker.call("POST", "/v1/query", { sql });
    assert.doesNotMatch(answer.text, /workspaces\/|redline-data-|stored_secrets/, sql);
  }
});

// D39: nothing of another account can be seen.
test("another account's dataset is not found", async () => {
  const other = await register(server.url);
  await other.expect(404, "GET", "/v1/datasets/prices");
  await other.expect(404, "DELETE", "/v1/datasets/prices");
  const query = await other.call("POST", "/v1/query", { sql: "SELECT * FROM prices" });
  assert.equal(query.status, 422);
});
