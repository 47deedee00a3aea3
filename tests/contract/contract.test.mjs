// api/openapi.yaml and the binary say the same: every operation of the contract is exercised here and its answers are
// judged by it, and the binary has no route that the contract lacks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { authenticatorCode } from "../harness/mailbox.mjs";
import { findOperation, judge, operations, seen } from "../harness/contract.mjs";
import { freshFolder, redline, removeFolder, startServer, until } from "../harness/server.mjs";

let server;
let client;
let operator;

before(async () => {
  server = await startServer();
  client = await register(server.url);
  operator = await signIn(server.url, server.operator);
});
after(async () => server.stop());

async function firstEvent(path) {
  const control = new AbortController();
  const response = await fetch(server.url + path, { headers: { Authorization: `Bearer ${client.token}` }, signal: control.signal });
  const reader = response.body.getReader();
  const text = new TextDecoder().decode((await reader.read()).value);
  judge("GET", path, response.status, response.headers.get("content-type"), text);
  control.abort();
  return text;
}

test("health, metrics, contract and documents are open", async () => {
  const open = new Client(server.url);
  const health = await open.expect(200, "GET", "/health");
  assert.equal(health.status, "ok");
  for (const path of ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs", "/.well-known/jwks.json", "/", "/favicon.svg", "/v1/plans"])
    await open.expect(200, "GET", path);
  assert.equal((await open.call("HEAD", "/health")).text, "");
  const page = await open.expect(200, "GET", "/");
  for (const [, asset] of page.matchAll(/"(\/assets\/[^"]+)"/g)) await open.expect(200, "GET", asset);
});

test("identity answers as the contract says", async () => {
  const other = await register(server.url);
  await client.expect(200, "GET", "/v1/session");
  await signIn(server.url, other);
  const fresh = await new Client(server.url).expect(200, "POST", "/v1/auth/refresh", { refresh_token: other.refresh_token });
  const again = new Client(server.url, fresh.access_token);
  assert.ok((await again.call("POST", "/v1/auth/logout")).status < 300);
});

test("warnings before the time runs out answer as the contract says", async () => {
  const settings = await client.expect(200, "GET", "/v1/balance/warnings");
  assert.deepEqual(await client.expect(200, "PATCH", "/v1/balance/warnings", { mail: true }), settings);
});

test("forward-auth answers as the contract says", async () => {
  await client.expect(204, "GET", "/v1/authz");
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) await client.expect(200, method, "/v1/authz/shop");
});

test("people, keys and teams answer as the contract says", async () => {
  const person = await register(server.url);
  const open = new Client(server.url);
  const token = "x".repeat(43);
  await open.expect(204, "POST", "/v1/auth/password/forgot", { email: "nobody@example.com" });
  for (const path of ["/v1/auth/verify", "/v1/auth/email/confirm"]) await open.expect(410, "POST", path, { token });
  await open.expect(410, "POST", "/v1/auth/password/reset", { token, password: "a new fine password" });
  await person.expect(200, "GET", "/v1/user/log?limit=2");
  await person.expect(204, "PUT", "/v1/user/email", { email: "elsewhere@example.com", password: person.password });
  await person.expect(204, "PUT", "/v1/user/password", { current_password: person.password, password: "a new fine password" });
  person.password = "a new fine password";
  await signIn(server.url, person);
  const sessions = await person.expect(200, "GET", "/v1/user/sessions");
  await person.expect(204, "DELETE", `/v1/user/sessions/${sessions.data.find((one) => !one.current).id}`);
  const { secret } = await person.expect(200, "POST", "/v1/user/second-factor", { password: person.password });
  const { recovery_codes } = await person.expect(200, "POST", "/v1/user/second-factor/confirm", { code: authenticatorCode(secret) });
  await person.expect(204, "POST", "/v1/user/second-factor/stop", { password: person.password, code: recovery_codes[0] });
  const key = await person.expect(201, "POST", "/v1/keys", { name: "ci", scopes: ["data:read"], expires_at: "2099-01-01T00:00:00Z" });
  await person.expect(201, "POST", `/v1/keys/${key.id}/rotate`, {});
  await person.expect(200, "GET", "/v1/keys");
  await person.expect(204, "DELETE", `/v1/keys/${key.id}`);
  const team = await person.expect(201, "POST", "/v1/teams", { name: "Desk" });
  const as = { "Redline-Account": team.id };
  const sent = await person.expect(201, "POST", "/v1/invitations", { email: client.email, role: "member" }, as);
  await person.expect(204, "DELETE", `/v1/invitations/${sent.id}`, undefined, as);
  await client.expect(410, "POST", "/v1/invitations/accept", { token });
  await person.expect(200, "GET", "/v1/members", undefined, as);
  await person.expect(404, "PUT", `/v1/members/${client.user.id}`, { role: "member" }, as);
  await person.expect(404, "DELETE", `/v1/members/${client.user.id}`, undefined, as);
  await operator.expect(200, "PUT", `/v1/admin/teams/${crypto.randomUUID()}`, { name: "Synced", members: [{ id: crypto.randomUUID(), role: "owner" }] });
  await operator.expect(204, "POST", "/v1/admin/denied-sessions", { session_id: "some-session" });
  await operator.expect(200, "GET", "/v1/admin/audit?limit=2");
  const leaving = await register(server.url);
  await leaving.expect(204, "POST", "/v1/user/delete", { password: leaving.password });
  await person.expect(204, "DELETE", "/v1/user/sessions");
});

test("data answers as the contract says", async () => {
  const csv = "ticker,timestamp,open,high,low,close,vol,openint\nX,2024-01-02,1,2,0.5,1.5,10,0\nX,2024-01-03,1,2,0.5,1.5,10,0\n";
  const job = await client.importFile("prices", Buffer.from(csv));
  assert.equal(job.json.state, "succeeded", JSON.stringify(job.json.error));
  const waited = await client.call("PUT", "/v1/datasets/second", Buffer.from(csv), { Prefer: "wait", "Content-Type": "text/csv" });
  assert.ok([200, 202].includes(waited.status));
  await firstEvent(`/v1/jobs/${job.json.id}/stream`);
  for (const path of ["/v1/jobs", "/v1/datasets", "/v1/datasets/prices", "/v1/datasets/prices/rows?limit=1", "/v1/datasets/prices/rows?format=csv", "/v1/symbols?query=x", "/v1/bars/X?dataset=prices&interval=1d", "/v1/bars/X?dataset=prices&interval=1w&format=csv"])
    await client.expect(200, "GET", path);
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1 AS one" });
  await client.expect(200, "POST", "/v1/query", { sql: "SELECT 1 AS one", format: "csv" });
  await client.expect(404, "DELETE", "/v1/query/qry_01HZZZZZZZZZZZZZZZZZZZZZZZ");
  await client.expect(409, "DELETE", `/v1/jobs/${job.json.id}`);
  await client.expect(204, "DELETE", "/v1/datasets/second");
});

test("a query can be interrupted by the id its caller chose", async () => {
  const id = "qry_01HZZZZZZZZZZZZZZZZZZZZZZ1";
  const pending = client.call("POST", "/v1/query", { id, sql: "SELECT count(*) FROM range(10000000) a, range(10000000) b" });
  await until("the query to run", async () => (await client.call("DELETE", `/v1/query/${id}`)).status === 204);
  assert.equal((await pending).json.reason, "query_cancelled");
});

test("balance, runs, ledger and money answer as the contract says", async () => {
  await client.expect(202, "POST", "/v1/beats");
  assert.match(await firstEvent("/v1/balance/stream"), /event: balance/);
  await grant(operator, client.account, 1000);
  const run = await until("a settled run", async () => (await client.expect(200, "GET", "/v1/runs")).data[0]);
  for (const path of ["/v1/balance", `/v1/runs/${run.id}`, "/v1/ledger", "/v1/ledger?format=csv", "/v1/receipts", "/v1/receipts?format=csv", "/v1/receipts?format=html", "/v1/usage", "/v1/usage?group_by=hour&tz=Europe/Warsaw", "/v1/usage?group_by=route", "/v1/usage?group_by=plan", "/v1/usage?group_by=key"])
    await client.expect(200, "GET", path);
  await client.expect(422, "GET", "/v1/receipts?month=2026-13");
  const grants = await operator.expect(200, "GET", `/v1/admin/grants?account_id=${client.account}`);
  await operator.expect(200, "POST", `/v1/admin/grants/${grants.data[0].id}`, { change: "adjust", amount_ms: 5, reason: "a test" });
  assert.equal((await operator.post(`/v1/admin/grants/${grants.data[0].id}/rollover`, { cap_ms: 5, reason: "a test" })).status, 409);
  for (const held of [true, false])
    await operator.expect(200, "POST", "/v1/admin/holds", { account_id: client.account, held, reason: "a test" });
  await operator.expect(201, "POST", "/v1/admin/tariffs", { idle_gap_ms: 60000, reason: "a test" });
  await operator.expect(200, "GET", "/v1/admin/tariffs");
  const made = await client.expect(201, "POST", "/v1/checkout", { sku: "hours-5" });
  const open = new Client(server.url);
  const page = new URL(made.url).pathname;
  await open.expect(200, "GET", page);
  await open.expect(200, "GET", "/test-checkout.css");
  const paid = await open.call("POST", page, "outcome=paid", { "Content-Type": "application/x-www-form-urlencoded" });
  assert.equal(paid.status, 303);
  await client.expect(200, "GET", `/v1/checkout/${made.order.id}`);
  await client.expect(200, "GET", "/v1/payments");
  await open.expect(400, "POST", "/v1/webhooks/stripe", "{}", { "Stripe-Signature": "t=1,v1=00", "Content-Type": "application/json" });
  await operator.expect(200, "GET", `/v1/admin/accounts?email=${encodeURIComponent(client.email)}`);
});

test("lists page through everything once", async () => {
  for (let i = 0; i < 5; i += 1) await grant(operator, client.account, 1000 + i);
  for (const path of ["/v1/ledger", "/v1/runs", "/v1/jobs", "/v1/payments"]) {
    const whole = (await client.expect(200, "GET", `${path}?limit=200`)).data.length;
    let got = 0;
    for (let cursor = ""; cursor !== null; ) {
      const one = await client.expect(200, "GET", `${path}?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      assert.ok(one.data.length <= 2);
      got += one.data.length;
      cursor = one.next_cursor;
    }
    assert.ok(got >= whole, path);
    await client.expect(422, "GET", `${path}?limit=0`);
    await client.expect(422, "GET", `${path}?cursor=nonsense!`);
  }
});

// D29: nothing is open by default.
test("every signed-in operation answers 401 without a credential, every operator's 403 to a user", async () => {
  const open = new Client(server.url);
  for (const { method, path, definition } of operations) {
    const concrete = path.replace(/\{[^}]+\}/g, "qry_01HZZZZZZZZZZZZZZZZZZZZZZZ");
    if (definition["x-access"] === "signed_in" || definition["x-access"] === "operator_only") {
      const answer = await open.call(method, concrete, method === "GET" || method === "DELETE" ? undefined : {});
      assert.equal(answer.status, 401, `${method} ${path}`);
    }
    if (definition["x-access"] === "operator_only")
      assert.equal((await client.call(method, concrete, method === "GET" ? undefined : {})).status, 403, `${method} ${path}`);
  }
});

test("every operation of the contract was exercised", () => {
  assert.deepEqual(operations.map((one) => `${one.method} ${one.path}`).filter((name) => !seen.has(name)), []);
});

test("the binary's routes are the contract's, with the same access and metering", async () => {
  const data = freshFolder();
  const printed = await redline(["routes", "--json", "--data", data]);
  removeFolder(data);
  assert.equal(printed.code, 0, printed.stderr);
  const routes = JSON.parse(printed.stdout);
  for (const route of routes) {
    const operation = findOperation(route.method, route.pattern.replace(/\{([^}.]+)(\.\.\.)?\}/g, "x1_x1_x1_x1_x1_x1x"));
    assert.ok(operation, `the contract lacks ${route.method} ${route.pattern}`);
    assert.equal(operation.definition["x-metered"], route.metered, `${route.method} ${route.pattern}`);
    assert.equal(operation.definition["x-access"], route.access, `${route.method} ${route.pattern}`);
  }
  assert.ok(routes.length >= operations.length - 3);
});
