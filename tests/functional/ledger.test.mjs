// The ledger as an operator and a customer see it: explained lines, receipts, export, replay, backup.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { freshFolder, redline, removeFolder, startServer, until } from "../harness/server.mjs";

let server;
let operator;
let client;
let scratch;
const data = freshFolder();
const file = (name) => join(scratch, name);
const month = new Date().toISOString().slice(0, 7);

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "redline-ledger-"));
  server = await startServer({ data });
  operator = await signIn(server.url, server.operator);
  client = await register(server.url);
  await client.expect(202, "POST", "/v1/beats");
  await until("a settled run", async () => (await client.expect(200, "GET", "/v1/runs")).data[0]);
});
after(async () => {
  await server.stop();
  removeFolder(data);
  rmSync(scratch, { recursive: true, force: true });
});

async function json(args, code = 0) {
  const run = await redline([...args, "--data", data, "--json"]);
  assert.equal(run.code, code, run.stdout + run.stderr);
  return JSON.parse(run.stdout);
}

test("the lines of a run add up to its debit, and say which rule applied", async () => {
  const [run] = (await client.expect(200, "GET", "/v1/runs")).data;
  const detail = await client.expect(200, "GET", `/v1/runs/${run.id}`);
  assert.equal(detail.lines.reduce((sum, line) => sum + line.ms, 0), detail.billed_ms);
  assert.equal(detail.grants.reduce((sum, one) => sum + one.ms, 0), detail.billed_ms);
  assert.deepEqual([detail.rule.version, detail.rule.idle_gap_ms], [1, 60_000]);
});

test("a run says what kinds of work it was, which opened it and when the last proof began", async () => {
  const user = await register(server.url);
  await user.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  await user.importFile("prices", Buffer.from("date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n"), "?symbol=X");
  for (let i = 0; i < 2; i += 1) await user.expect(200, "GET", "/v1/datasets/prices/rows");
  assert.ok((await user.get("/v1/authz/shop")).status < 300);
  const before = Date.now();
  await user.expect(202, "POST", "/v1/beats");
  const after = Date.now();
  const kinds = { data: 2, query: 1, imports: 1, beat: 1, gateway: 1 };
  const run = await until("six settled proofs", async () => {
    const [one] = (await user.expect(200, "GET", "/v1/runs")).data;
    return one?.proofs === 6 && user.expect(200, "GET", `/v1/runs/${one.id}`);
  });
  assert.deepEqual(run.routes, kinds);
  assert.equal(run.requests, 5);
  assert.equal(run.opened_by, "query");
  const last = Date.parse(run.last_proof_at);
  assert.ok(last >= before - 5 && last <= after + 5, `${run.last_proof_at} is not when the beat came`);
  assert.match(run.lines[0].text, /6 proofs \(data:2,query:1,imports:1,beat:1,gateway:1\).*; opened by query/);
  await user.expect(200, "POST", "/v1/query", { sql: "SELECT 2" });
  const later = await until("one more", async () => {
    const one = await user.expect(200, "GET", `/v1/runs/${run.id}`);
    return one.proofs === 7 && one;
  });
  assert.deepEqual(later.routes, { ...kinds, query: 2 });
  assert.ok(Date.parse(later.last_proof_at) >= last);
});

test("a receipt adds up to the balance, in every form, and is checked offline and against the export", async () => {
  await grant(operator, client.account, 90_000);
  const receipt = await client.expect(200, "GET", "/v1/receipts");
  assert.equal(
    receipt.opening_available_ms + receipt.moved_ms + receipt.unexpired_ms - receipt.charged_ms,
    receipt.closing_available_ms,
  );
  for (const run of receipt.runs)
    assert.equal(run.lines.reduce((sum, line) => sum + line.ms, 0), run.billed_ms);
  const page = await client.get(`/v1/receipts?month=${month}&format=html`);
  assert.match(page.headers.get("content-security-policy"), /script-src 'self'/);
  assert.doesNotMatch(page.text, /<script/);
  assert.equal((await redline(["ledger", "export", file("journal.ndjson"), "--data", data])).code, 0);
  for (const format of ["json", "csv", "html"]) {
    const text = (await redline(["ledger", "receipt", "--account", client.account, "--month", month, "--format", format, "--data", data])).stdout;
    writeFileSync(file(`receipt.${format}`), text);
    await json(["ledger", "receipt", "--verify", file(`receipt.${format}`)]);
    const bytes = Buffer.from(text);
    for (const at of [3, bytes.length >> 1, bytes.length - 4]) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      writeFileSync(file("changed"), changed);
      const found = await json(["ledger", "receipt", "--verify", file("changed")], 1);
      assert.equal(found.faults.length, 1);
    }
  }
  await redline(["ledger", "export", file("later.ndjson"), "--data", data]);
  const agreed = await json(["ledger", "receipt", "--verify", file("receipt.json"), "--export", file("later.ndjson")], 0);
  assert.equal(agreed.ok, true);
});

test("account explain prints the same lines as the receipt", async () => {
  const explained = await redline(["account", "explain", client.account, "--data", data]);
  assert.equal(explained.code, 0, explained.stderr);
  assert.match(explained.stdout, /available before/);
  assert.match(explained.stdout, /In use from .* paid by grt_/s);
  assert.match(explained.stdout, /available after/);
});

test("the ledger as CSV has every entry of the list", async () => {
  const list = await client.expect(200, "GET", "/v1/ledger?limit=200");
  const csv = await client.get("/v1/ledger?format=csv");
  assert.equal(csv.headers.get("content-type"), "text/csv; charset=utf-8");
  const rows = csv.text.trim().split("\n").slice(1);
  assert.equal(rows.length, list.data.length);
  assert.ok(rows[0].endsWith(list.data[0].hash));
});

test("an export replayed into an empty store gives the same state; one changed byte is named", async () => {
  await redline(["ledger", "export", file("whole.ndjson"), "--data", data]);
  const copy = freshFolder();
  const replayed = await redline(["ledger", "replay", file("whole.ndjson"), "--data", copy, "--json"]);
  assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr);
  const there = JSON.parse((await redline(["ledger", "verify", "--data", copy, "--json"])).stdout);
  assert.equal(there.ok, true);
  assert.equal(there.state_hash, JSON.parse(replayed.stdout).state_hash);
  assert.equal((await redline(["ledger", "replay", file("whole.ndjson"), "--data", copy])).code, 2, "not empty any more");
  removeFolder(copy);
  const lines = readFileSync(file("whole.ndjson"), "utf8").split("\n");
  lines[2] = lines[2].replace(/"amount_ms":(\d)/, (_, digit) => `"amount_ms":${(Number(digit) + 1) % 10}`);
  writeFileSync(file("broken.ndjson"), lines.join("\n"));
  const empty = freshFolder();
  const refused = await redline(["ledger", "replay", file("broken.ndjson"), "--data", empty]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /line 3: journal entry 2/);
  removeFolder(empty);
});

test("a backup is made while the server works, and comes back whole", async () => {
  const folder = file("backup");
  const beats = Promise.all(Array.from({ length: 20 }, () => client.expect(202, "POST", "/v1/beats")));
  const made = await redline(["backup", folder, "--data", data]);
  assert.equal(made.code, 0, made.stderr);
  await beats;
  const back = freshFolder();
  const restored = await redline(["restore", folder, "--data", back, "--json"]);
  assert.equal(restored.code, 0, restored.stderr);
  assert.equal(JSON.parse(restored.stdout).ok, true);
  const second = await startServer({ data: back });
  const again = await signIn(second.url, client);
  const entries = (await again.expect(200, "GET", "/v1/ledger?limit=200")).data;
  const now = (await client.expect(200, "GET", "/v1/ledger?limit=200")).data;
  assert.ok(now.some((one) => one.hash === entries.at(-1).hash));
  await second.stop();
  assert.equal((await redline(["restore", folder, "--data", back])).code, 3, "never over a database");
  removeFolder(back);
  const bytes = readFileSync(join(folder, "redline.db"));
  bytes[bytes.length >> 1] ^= 1;
  cpSync(folder, file("bad"), { recursive: true });
  writeFileSync(join(file("bad"), "redline.db"), bytes);
  const empty = freshFolder();
  const refused = await redline(["restore", file("bad"), "--data", empty]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /redline\.db is not as it was copied/);
  assert.equal(existsSync(join(empty, "redline.db")), false);
  removeFolder(empty);
});

test("an operator holds, adjusts, revokes in part and restores in part, each with a reason", async () => {
  const other = await register(server.url);
  const given = await grant(operator, other.account, 50_000);
  const change = (body, headers) => operator.expect(200, "POST", `/v1/admin/grants/${given.id}`, { reason: "a test", ...body }, headers);
  assert.equal((await change({ change: "revoke", amount_ms: 20_000 })).remaining_ms, 30_000);
  assert.equal((await change({ change: "restore", amount_ms: 5_000 })).remaining_ms, 35_000);
  assert.equal((await change({ change: "adjust", amount_ms: -1_000 })).remaining_ms, 34_000);
  const once = { "Idempotency-Key": "only once" };
  assert.equal((await operator.call("POST", `/v1/admin/grants/${given.id}`, { change: "adjust", amount_ms: 1, reason: "x" }, once)).status, 422);
  for (let i = 0; i < 2; i += 1)
    assert.equal((await change({ change: "adjust", amount_ms: 1_000 }, { "Idempotency-Key": "once" })).remaining_ms, 35_000);
  const held = await operator.expect(200, "POST", "/v1/admin/holds", { account_id: other.account, reason: "a dispute" });
  assert.equal(held.data.reduce((sum, one) => sum + one.remaining_ms, 0), 0);
  assert.equal((await other.call("POST", "/v1/beats")).json.reason, "account_held");
  await operator.expect(200, "POST", "/v1/admin/holds", { account_id: other.account, held: false, reason: "won" });
  await other.expect(202, "POST", "/v1/beats");
});

const kindsOf = (entries) => entries.map((one) => one.kind);
const ledgerOf = async (who) => (await who.expect(200, "GET", "/v1/ledger?limit=200")).data;

test("included hours roll over once, up to the cap, after their expiry", async () => {
  const other = await register(server.url);
  const expires_at = new Date(Date.now() + 1_500).toISOString();
  const given = await operator.expect(201, "POST", "/v1/admin/grants", { account_id: other.account, amount_ms: 50_000, kind: "subscription", expires_at, reason: "November" });
  const address = `/v1/admin/grants/${given.id}/rollover`;
  const order = { cap_ms: 20_000, reason: "the rest of November" };
  const early = await operator.call("POST", address, order);
  assert.deepEqual([early.status, early.json.reason], [409, "conflict"]);
  const rolled = await until("the period to end", async () => {
    const answer = await operator.call("POST", address, order);
    return answer.status === 201 && answer.json;
  });
  assert.deepEqual([rolled.kind, rolled.remaining_ms], ["subscription", 20_000]);
  assert.equal((await operator.expect(201, "POST", address, order)).id, rolled.id);
  const { grants } = await other.expect(200, "GET", "/v1/balance");
  assert.equal(grants.find((one) => one.id === rolled.id).remaining_ms, 20_000);
  const entry = (await ledgerOf(other)).find((one) => one.grant_id === rolled.id);
  assert.deepEqual([entry.reason, entry.actor], [order.reason, operator.user.id]);
  const manual = await grant(operator, other.account, 1_000);
  assert.equal((await operator.call("POST", `/v1/admin/grants/${manual.id}/rollover`, order)).status, 409);
});

test("time that was used and then taken back is a debt, which the next time pays first", async () => {
  const other = await register(server.url);
  const [trial] = (await other.expect(200, "GET", "/v1/balance")).grants;
  const debt = async () => (await other.expect(200, "GET", "/v1/balance")).debt_ms;
  await other.expect(202, "POST", "/v1/beats");
  await until("a settled run", async () => (await other.expect(200, "GET", "/v1/runs")).data[0]?.billed_ms >= 1_000);
  const refund = await operator.expect(200, "POST", `/v1/admin/grants/${trial.id}`, { change: "revoke", reason: "all of it back" });
  assert.equal(refund.remaining_ms, 0);
  const used = (await other.expect(200, "GET", "/v1/runs")).data.reduce((sum, run) => sum + run.billed_ms, 0);
  const owed = await debt();
  assert.ok(owed >= 1_000);
  assert.equal(owed, used);
  assert.equal((await other.call("POST", "/v1/beats")).json.reason, "hours_exhausted");
  await grant(operator, other.account, owed + 5_000);
  assert.equal(await debt(), 0);
  assert.equal((await other.expect(200, "GET", "/v1/balance")).remaining_ms, 5_000);
  const kinds = kindsOf(await ledgerOf(other));
  assert.ok(kinds.includes("debt_recorded"), `${kinds}`);
  assert.equal(kinds.filter((kind) => kind === "debt_repaid").length, 2);
});

test("trial time is given once to a person, who cannot have it anew by leaving", async () => {
  const first = await register(server.url);
  assert.deepEqual((await first.expect(200, "GET", "/v1/balance")).grants.map((one) => one.kind), ["trial"]);
  await first.expect(204, "POST", "/v1/user/delete", { password: first.password });
  const email = first.email.toUpperCase();
  const made = await new Client(server.url).expect(201, "POST", "/v1/auth/register", { email, password: first.password });
  const again = new Client(server.url, made.access_token);
  assert.deepEqual((await again.expect(200, "GET", "/v1/balance")).grants, []);
});

// D22: trials end and do not start again.
test("a tariff applies from its instant and is listed; history says what it would have cost", async () => {
  const made = await operator.expect(201, "POST", "/v1/admin/tariffs", { idle_gap_ms: 30_000, reason: "shorter pauses" });
  assert.equal(made.idle_gap_ms, 30_000);
  const past = await operator.call("POST", "/v1/admin/tariffs", { idle_gap_ms: 1, applies_from: "2020-01-01T00:00:00Z", reason: "x" });
  assert.equal(past.status, 422);
  const listed = await redline(["tariff", "list", "--data", data]);
  assert.match(listed.stdout, /idle_gap_ms=60000[^]*idle_gap_ms=30000/);
  const same = await json(["ledger", "replay", "--tariff", "idle_gap_ms=60000"]);
  assert.equal(same.used_then_ms, same.used_ms);
  await json(["ledger", "verify"]);
});
