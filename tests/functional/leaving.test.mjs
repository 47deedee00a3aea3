// Who leaves: what is gone from the disk and from every table, and what stays without a name.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Client, register, signIn } from "../harness/client.mjs";
import { freshFolder, redline, removeFolder, startServer, until } from "../harness/server.mjs";

const symbol = "LEAVINGSOON";
const agent = "a-browser-with-a-name-of-its-own/1.0";

function filesWith(folder, words) {
  const found = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    for (const word of words) if (bytes.includes(word)) found.push(`${path}: ${word}`);
  }
  return found;
}

// A letter that says goodbye needs its address until it is sent.
function lettersTo(folder, email) {
  const store = new DatabaseSync(join(folder, "redline.db"), { readOnly: true });
  const waiting = store.prepare("SELECT count(*) AS n FROM mails WHERE recipient LIKE ?").get(`%${email}`).n;
  store.close();
  return waiting;
}

// D39: what is left of a person who leaves is numbers.
test("an account that is deleted leaves no name, address, session, key or data, and a ledger that adds up", async () => {
  const folder = freshFolder();
  const server = await startServer({ data: folder });
  const client = await register(server.url);
  const stays = await register(server.url);
  await fetch(`${server.url}/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json", "User-Agent": agent }, body: JSON.stringify({ email: client.email, password: client.password }) });
  const csv = `ticker,timestamp,open,high,low,close,vol,openint\n${symbol},2024-01-02,1,2,0.5,1.5,10,0\n`;
  for (const one of [client, stays]) await one.importFile("prices", Buffer.from(csv.replaceAll(symbol, one === client ? symbol : "STAYSHERE")));
  const key = await client.expect(201, "POST", "/v1/keys", { name: "key-of-who-leaves", scopes: ["data:read"] });
  await client.expect(200, "POST", "/v1/user/second-factor", { password: client.password });
  await client.expect(204, "PUT", "/v1/user/email", { email: `next-${client.email}`, password: client.password });
  await until("the use to be settled", async () => (await client.expect(200, "GET", "/v1/runs")).data.length > 0);
  for (const one of [client, stays]) await one.expect(200, "PATCH", "/v1/balance/warnings", { mail: false });
  const before = await client.expect(200, "GET", "/v1/ledger");

  await client.expect(401, "POST", "/v1/user/delete", { password: "wrong password" });
  await client.expect(204, "POST", "/v1/user/delete", { password: client.password });
  await client.expect(401, "GET", "/v1/session");
  await new Client(server.url, key.secret).expect(401, "GET", "/v1/datasets");
  assert.equal((await new Client(server.url).call("POST", "/v1/auth/login", client)).status, 422);
  const gone = await new Client(server.url).call("POST", "/v1/auth/login", { email: client.email, password: client.password });
  assert.equal(gone.json.reason, "wrong_credentials");
  const operator = await signIn(server.url, server.operator);
  assert.deepEqual((await operator.expect(200, "GET", `/v1/admin/accounts?email=${client.email}`)).data, []);
  await until("the data to be gone from the disk", () => !readdirSync(folder, { recursive: true }).some((name) => name.includes(client.account)), 60);
  assert.equal((await stays.expect(200, "GET", "/v1/datasets")).data.length, 1);
  await until("the last letters to be on their way", () => lettersTo(folder, client.email) === 0, 60);
  assert.equal((await server.kill("SIGTERM")).code, 0);

  const store = new DatabaseSync(join(folder, "redline.db"));
  const tables = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all().map((row) => row.name);
  assert.ok(tables.length > 20);
  const named = [];
  for (const table of tables)
    for (const row of store.prepare(`SELECT * FROM "${table}"`).all())
      for (const [column, value] of Object.entries(row))
        for (const word of [client.email, "key-of-who-leaves", agent]) if (String(value).includes(word)) named.push(`${table}.${column}: ${word}`);
  assert.deepEqual(named, []);
  for (const table of ["sessions", "api_keys", "recovery_codes", "one_time_tokens", "email_changes", "memberships"])
    assert.equal(store.prepare(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?`).get(client.user.id).n, 0, table);
  const ofAccount = (columns, table, account) => store.prepare(`SELECT ${columns} FROM ${table} WHERE account_id = ?`).all(account).map((row) => ({ ...row }));
  assert.deepEqual(ofAccount("mail", "low_balance_settings", client.account), []);
  assert.deepEqual(ofAccount("hour, quarter_hour, zero", "low_balance_armed", client.account), [{ hour: 0, quarter_hour: 0, zero: 0 }], "nothing is warned of");
  assert.deepEqual(ofAccount("mail", "low_balance_settings", stays.account), [{ mail: 0 }]);
  const user = store.prepare("SELECT * FROM users WHERE id = ?").get(client.user.id);
  assert.deepEqual([user.email, user.email_folded, user.password_hash, user.second_factor, user.second_factor_pending], ["", null, null, null, null]);
  assert.ok(store.prepare("SELECT count(*) AS n FROM audit_log WHERE actor = ? AND address <> ''").get(client.user.id).n > 0, "the audit log stays as it is (docs/identity.md)");
  const kept = store.prepare("SELECT count(*) AS n FROM journal WHERE account_id = ?").get(client.account).n;
  assert.ok(kept >= before.data.length, "the ledger stays, under an id that leads to nobody");
  store.close();
  for (const command of [["ledger", "verify"], ["audit", "verify"]]) assert.equal((await redline([...command, "--data", folder])).code, 0, command.join(" "));
  assert.deepEqual(filesWith(join(folder), [symbol]), []);
  removeFolder(folder);
});
