// The audit log of the real binary: everything that was refused and everything that operators did is in it, and whatever
// is done to its rows is found and named by `redline audit verify`.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { Client, register, signIn } from "../harness/client.mjs";
import { freshFolder, redline, removeFolder, startServer } from "../harness/server.mjs";

let server;
let client;
let operator;
let folder;
before(async () => {
  folder = freshFolder();
  server = await startServer({ data: folder });
  client = await register(server.url);
  operator = await signIn(server.url, server.operator);
});
after(async () => {
  await server?.stop();
  removeFolder(folder);
});

const placed = (pattern) => pattern.replace(/\{\w+\}/g, "x");

test("every route that a caller may not use leaves an entry with who, what, whose and from where", async () => {
  const routes = JSON.parse((await redline(["routes", "--json"])).stdout);
  const refused = routes.filter((one) => one.access === "operator_only").map(({ method, pattern }) => `${method} ${pattern}`);
  assert.ok(refused.length >= 10);
  const key = await client.expect(201, "POST", "/v1/keys", { name: "narrow", scopes: ["billing:read"] });
  const beyond = routes.filter((one) => one.access === "signed_in" && ["data:read", "data:write", "query"].includes(one.scope) && !one.pattern.includes("authz")).map(({ method, pattern }) => `${method} ${pattern}`);
  for (const [token, list] of [[client.token, refused], [key.secret, beyond]])
    for (const one of list) {
      const [method, pattern] = one.split(" ");
      const answer = await fetch(server.url + placed(pattern), { method, headers: { Authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 403, one);
    }
  const { data } = await operator.expect(200, "GET", "/v1/admin/audit?limit=200");
  const denied = (actor) => data.filter((entry) => entry.action === "denied" && entry.actor === actor);
  assert.deepEqual(denied(client.user.id).map((entry) => entry.target).sort(), refused.sort());
  assert.deepEqual(denied(key.id).map((entry) => entry.target).sort(), beyond.sort());
  for (const entry of [...denied(client.user.id), ...denied(key.id)]) assert.deepEqual([entry.account, entry.address], [client.account, "127.0.0.1"]);
});

test("every request of an operator that was answered leaves an entry, the reads too", async () => {
  const grant = { account_id: client.account, amount_ms: 1000, kind: "manual", reason: "for a test" };
  const made = await operator.expect(201, "POST", "/v1/admin/grants", grant);
  await operator.expect(200, "POST", `/v1/admin/grants/${made.id}`, { change: "revoke", reason: "for a test" });
  const team = crypto.randomUUID();
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [] });
  await operator.expect(204, "POST", "/v1/admin/denied-sessions", { session_id: "some-session" });
  await operator.expect(200, "GET", "/v1/admin/accounts");
  await operator.expect(200, "GET", "/v1/admin/tariffs");
  const { data } = await operator.expect(200, "GET", "/v1/admin/audit");
  const mine = data.filter((entry) => entry.actor === operator.user.id).map((entry) => `${entry.action} ${entry.target}`);
  for (const one of [
    "operator POST /v1/admin/grants",
    `operator POST /v1/admin/grants/{id} ${made.id}`,
    `operator PUT /v1/admin/teams/{id} ${team}`,
    `team_synced ${team}`,
    "operator POST /v1/admin/denied-sessions",
    "session_denied some-session",
    "operator GET /v1/admin/accounts",
    "operator GET /v1/admin/tariffs",
    "operator GET /v1/admin/audit",
  ])
    assert.ok(mine.includes(one), `${one}\n${mine.join("\n")}`);
});

async function verdict() {
  const run = await redline(["audit", "verify", "--json", "--data", folder]);
  const said = JSON.parse(run.stdout);
  assert.equal(run.code, said.ok ? 0 : 1);
  assert.equal(said.ok, said.faults.length === 0);
  return said;
}

test("a changed byte in any column, a removed, moved, added or cut off row is found and named", async () => {
  assert.equal((await server.kill("SIGTERM")).code, 0);
  const whole = await verdict();
  assert.ok(whole.ok && whole.entries > 20, JSON.stringify(whole));
  const store = new DatabaseSync(join(folder, "redline.db"));
  // `change` is undone after the look.
  const after = async (change) => {
    const rows = store.prepare("SELECT * FROM audit_log").all();
    const seal = store.prepare("SELECT * FROM audit_seal").get();
    change();
    const said = await verdict();
    store.exec("DELETE FROM audit_log; DELETE FROM audit_seal");
    for (const [table, list] of [["audit_log", rows], ["audit_seal", [seal]]])
      for (const row of list) store.prepare(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => "?")})`).run(...Object.values(row));
    return said.faults;
  };
  const middle = Math.floor(whole.entries / 2);
  for (const sequence of [1, middle, whole.entries]) {
    const row = store.prepare("SELECT * FROM audit_log WHERE sequence = ?").get(sequence);
    for (const [column, value] of Object.entries(row)) {
      if (column === "sequence") continue;
      const other = typeof value === "number" ? value ^ 1 : value ? String.fromCharCode(value.charCodeAt(0) ^ 1) + value.slice(1) : "x";
      const changed = typeof value === "number" ? value + 1 : other;
      const faults = await after(() => store.prepare(`UPDATE audit_log SET ${column} = ? WHERE sequence = ?`).run(changed, sequence));
      assert.equal(faults[0]?.sequence, sequence, `${column} of ${sequence}: ${JSON.stringify(faults)}`);
    }
  }
  for (const [name, sql, expected] of [
    ["removed", `DELETE FROM audit_log WHERE sequence = ${middle}`, [{ sequence: middle, what: "missing" }]],
    ["the first removed", "DELETE FROM audit_log WHERE sequence = 1", [{ sequence: 1, what: "missing" }]],
    ["cut off", `DELETE FROM audit_log WHERE sequence > ${middle}`, [{ sequence: middle + 1, what: "missing" }]],
    ["emptied", "DELETE FROM audit_log", [{ sequence: 1, what: "missing" }]],
    ["seal removed", "DELETE FROM audit_seal", [{ sequence: whole.entries, what: "unsealed" }]],
    ["seal moved back", `DELETE FROM audit_log WHERE sequence > ${middle}; UPDATE audit_seal SET sequence = ${middle}, hash = (SELECT hash FROM audit_log WHERE sequence = ${middle})`, [{ sequence: middle, what: "unsealed" }]],
    ["added", `INSERT INTO audit_log SELECT sequence + 1, at, actor, action, account_id, target, reason, address, hash, 'x' FROM audit_log ORDER BY sequence DESC LIMIT 1`, [{ sequence: whole.entries + 1, what: "changed" }, { sequence: whole.entries + 1, what: "added" }]],
  ])
    assert.deepEqual(await after(() => store.exec(sql)), expected, name);
  const moved = await after(() => store.exec(`UPDATE audit_log SET sequence = -1 WHERE sequence = 2; UPDATE audit_log SET sequence = 2 WHERE sequence = 3; UPDATE audit_log SET sequence = 3 WHERE sequence = -1`));
  assert.deepEqual([...new Set(moved.map((fault) => fault.sequence))], [2, 3, 4]);
  // In words as well.
  store.exec("UPDATE audit_log SET actor = 'usr_nobody' WHERE sequence = 3");
  const told = await redline(["audit", "verify", "--data", folder]);
  assert.deepEqual([told.code, told.stdout], [1, "THE AUDIT LOG WAS CHANGED:\nentry 3: changed\n"]);
  store.close();
});
