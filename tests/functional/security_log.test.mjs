// The user's own log: who signed in as me, from where, and what was changed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, register, signIn } from "../harness/client.mjs";
import { authenticatorCode, outboxToken } from "../harness/mailbox.mjs";
import { startServer } from "../harness/server.mjs";

let server;
before(async () => (server = await startServer()));
after(async () => server?.stop());

test("sign-ins, wrong passwords, changes, keys, ended sessions and refusals are in the user's log, newest first, and nobody else's", async () => {
  const client = await register(server.url);
  const stranger = await register(server.url);
  const other = await signIn(server.url, client);
  await new Client(server.url).expect(401, "POST", "/v1/auth/login", { email: client.email, password: "wrong password" });
  const key = await client.expect(201, "POST", "/v1/keys", { name: "ci", scopes: ["data:read"] });
  await client.expect(204, "DELETE", `/v1/keys/${key.id}`);
  await client.expect(403, "GET", "/v1/admin/accounts");
  const ended = (await other.expect(200, "GET", "/v1/user/sessions")).data.find((one) => one.current).id;
  await client.expect(204, "DELETE", `/v1/user/sessions/${ended}`);
  await client.expect(204, "PUT", "/v1/user/password", { current_password: client.password, password: "a new fine password" });
  const { secret } = await client.expect(200, "POST", "/v1/user/second-factor", { password: "a new fine password" });
  const { recovery_codes } = await client.expect(200, "POST", "/v1/user/second-factor/confirm", { code: authenticatorCode(secret) });
  await client.expect(204, "POST", "/v1/user/second-factor/stop", { password: "a new fine password", code: recovery_codes[0] });
  const next = `next-${client.email}`;
  await client.expect(204, "PUT", "/v1/user/email", { email: next, password: "a new fine password" });
  await new Client(server.url).expect(204, "POST", "/v1/auth/email/confirm", { token: await outboxToken(server, next, "email") });
  const { data } = await client.expect(200, "GET", "/v1/user/log?limit=100");
  assert.deepEqual(
    data.map((entry) => entry.action).filter((action) => action !== "denied" && action !== "password_refused").reverse(),
    ["signed_in", "signed_in", "key_made", "key_removed", "session_ended", "password_changed", "second_factor_on", "second_factor_off", "email_change_asked", "email_changed"],
  );
  const one = (action) => data.find((entry) => entry.action === action);
  assert.equal(one("password_refused").address, "127.0.0.1");
  assert.equal(one("signed_in").address, "127.0.0.1");
  assert.equal(one("signed_in").target, ended);
  assert.equal(one("session_ended").target, ended);
  assert.equal(one("denied").target, "GET /v1/admin/accounts");
  assert.equal(one("key_made").target, key.id);
  assert.deepEqual(data.map((entry) => entry.sequence), data.map((entry) => entry.sequence).sort((a, b) => b - a));
  // Signing up signs in: it is the first line of everybody's log.
  const begun = (await stranger.expect(200, "GET", "/v1/user/log")).data.filter((entry) => entry.action !== "denied");
  const session = (await stranger.expect(200, "GET", "/v1/user/sessions")).data[0].id;
  assert.deepEqual(begun.map(({ action, address, target }) => [action, address, target]), [["signed_in", "127.0.0.1", session]]);
  // Page by page it is the same.
  const pages = [];
  for (let cursor = ""; cursor !== null; ) {
    const page = await client.expect(200, "GET", `/v1/user/log?limit=3${cursor && `&cursor=${cursor}`}`);
    pages.push(...page.data);
    cursor = page.next_cursor;
  }
  assert.deepEqual(pages, data);
  await client.expect(422, "GET", "/v1/user/log?cursor=x");
});

test("an address may name the account where no header can: streams and downloads", async () => {
  const owner = await register(server.url);
  const team = await owner.expect(201, "POST", "/v1/teams", { name: "Desk" });
  const as = `redline-account=${team.id}`;
  assert.equal((await owner.expect(200, "GET", `/v1/session?${as}`)).account.id, team.id);
  assert.equal((await owner.expect(200, "GET", "/v1/session")).account.id, owner.account);
  const stream = await fetch(`${server.url}/v1/balance/stream?${as}`, { headers: { Authorization: `Bearer ${owner.token}` } });
  assert.equal(stream.status, 200);
  await stream.body.cancel();
  const stranger = await register(server.url);
  await stranger.expect(403, "GET", `/v1/session?${as}`);
  for (const [path, headers] of [[`/v1/session?${as}`, { "Redline-Account": team.id }], [`/v1/session?${as}&${as}`, {}]]) await owner.expect(401, "GET", path, undefined, headers);
});
