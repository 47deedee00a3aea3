// Built-in sign-in with mail, second factor, keys and teams, against the real binary.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, register, signIn } from "../harness/client.mjs";
import { Mailbox, authenticatorCode, outboxToken } from "../harness/mailbox.mjs";
import { redline, startServer } from "../harness/server.mjs";

const password = "correct horse battery";
let mailbox;
let mailed; // sends mail and asks for confirmed addresses
let server; // --demo: no mail server
before(async () => {
  mailbox = await new Mailbox().start();
  mailed = await startServer({ env: { SMTP_URL: mailbox.url, SMTP_FROM: "Redline <redline@example.com>" } });
  server = await startServer();
});
after(async () => {
  await Promise.all([mailed.stop(), server.stop()]);
  mailbox.stop();
});

let counter = 0;
const address = () => `person${(counter += 1)}@example.com`;

async function registerByMail(email) {
  const open = new Client(mailed.url);
  assert.deepEqual(await open.expect(201, "POST", "/v1/auth/register", { email, password }), { verification_required: true, email });
  const early = await open.call("POST", "/v1/auth/login", { email, password });
  assert.deepEqual([early.status, early.json.reason], [403, "email_unverified"]);
  await open.expect(204, "POST", "/v1/auth/verify", { token: await mailbox.token(email, "Confirm", "verify") });
  return signIn(mailed.url, { email, password });
}

test("an account opens when its address is confirmed; a known address is answered alike and told", async () => {
  const email = address();
  const client = await registerByMail(email);
  assert.equal(client.user.email_verified, true);
  assert.deepEqual(await new Client(mailed.url).expect(201, "POST", "/v1/auth/register", { email, password: "another password" }), {
    verification_required: true,
    email,
  });
  await mailbox.wait(email, "already have");
  await new Client(mailed.url).expect(410, "POST", "/v1/auth/verify", { token: "x".repeat(43) });
});

test("a forgotten password is replaced by mail and every session ends", async () => {
  const email = address();
  const client = await registerByMail(email);
  const open = new Client(mailed.url);
  await open.expect(204, "POST", "/v1/auth/password/forgot", { email: address() });
  await open.expect(204, "POST", "/v1/auth/password/forgot", { email });
  const token = await mailbox.token(email, "new password", "reset");
  await open.expect(204, "POST", "/v1/auth/password/reset", { token, password: "a new fine password" });
  await open.expect(410, "POST", "/v1/auth/password/reset", { token, password: "a new fine password" });
  assert.equal((await client.get("/v1/session")).status, 401);
  await signIn(mailed.url, { email, password: "a new fine password" });
  const log = readFileSync(join(mailed.data, "redline_web.log"), "utf8");
  assert.ok(!log.includes(token) && !log.includes(email));
});

test("a confirmed address changes when the new one and the old one have both agreed, in either order", async () => {
  const open = new Client(mailed.url);
  for (const order of [["old", "new"], ["new", "old"]]) {
    const [email, next] = [address(), address()];
    const client = await registerByMail(email);
    await client.expect(401, "PUT", "/v1/user/email", { email: next, password: "wrong password" });
    await client.expect(204, "PUT", "/v1/user/email", { email: next, password });
    const tokens = { new: await mailbox.token(next, "Confirm your new", "email"), old: await mailbox.token(email, "Confirm the change", "email") };
    assert.deepEqual(await open.expect(202, "POST", "/v1/auth/email/confirm", { token: tokens[order[0]] }), { waiting_for: `${order[1]}_address` });
    await open.expect(410, "POST", "/v1/auth/email/confirm", { token: tokens[order[0]] });
    await signIn(mailed.url, { email, password });
    await open.expect(204, "POST", "/v1/auth/email/confirm", { token: tokens[order[1]] });
    await mailbox.wait(email, "was changed");
    await signIn(mailed.url, { email: next, password });
    await open.expect(401, "POST", "/v1/auth/login", { email, password });
  }
});

test("an address that is taken is not betrayed, and nothing changes", async () => {
  const [email, taken] = [address(), address()];
  const [client] = [await registerByMail(email), await registerByMail(taken)];
  await client.expect(204, "PUT", "/v1/user/email", { email: taken, password });
  await mailbox.wait(taken, "already have");
  assert.ok(!mailbox.mails.some((mail) => mail.to === taken && mail.text.includes("#email=")));
  await new Client(mailed.url).expect(202, "POST", "/v1/auth/email/confirm", { token: await mailbox.token(email, "Confirm the change", "email") });
  await signIn(mailed.url, { email, password });
});

test("a mail that the server puts off is sent later and lost never", async () => {
  mailbox.refuse = true;
  const email = address();
  await new Client(mailed.url).expect(201, "POST", "/v1/auth/register", { email, password });
  mailbox.refuse = false;
  const open = new Client(mailed.url);
  // Signing in asks for another mail, which goes out at once.
  await open.expect(403, "POST", "/v1/auth/login", { email, password });
  await open.expect(204, "POST", "/v1/auth/verify", { token: await mailbox.token(email, "Confirm", "verify") });
});

test("sessions are listed, ended one by one and everywhere", async () => {
  const first = await register(server.url);
  const second = await signIn(server.url, first);
  const third = await signIn(server.url, first);
  const { data } = await first.expect(200, "GET", "/v1/user/sessions");
  assert.equal(data.length, 3);
  assert.equal(data.filter((one) => one.current).length, 1);
  const other = (await second.expect(200, "GET", "/v1/user/sessions")).data.find((one) => one.current);
  await first.expect(204, "DELETE", `/v1/user/sessions/${other.id}`);
  assert.equal((await second.get("/v1/session")).status, 401);
  const stranger = await register(server.url);
  await stranger.expect(404, "DELETE", `/v1/user/sessions/${data[0].id}`);
  await first.expect(204, "DELETE", "/v1/user/sessions");
  assert.deepEqual([(await first.get("/v1/session")).status, (await third.get("/v1/session")).status], [401, 401]);
});

test("a new password needs the old one and ends the other sessions", async () => {
  const client = await register(server.url);
  const other = await signIn(server.url, client);
  await client.expect(401, "PUT", "/v1/user/password", { current_password: "wrong password", password: "a new fine password" });
  await client.expect(204, "PUT", "/v1/user/password", { current_password: password, password: "a new fine password" });
  await client.expect(200, "GET", "/v1/session");
  await other.expect(401, "GET", "/v1/session");
});

test("a second factor from an authenticator app: on, asked for, spent, recovered, off", async () => {
  const client = await register(server.url);
  const open = new Client(server.url);
  const login = (code) => open.call("POST", "/v1/auth/login", { email: client.email, password: client.password, ...(code && { code }) });
  const { secret, uri } = await client.expect(200, "POST", "/v1/user/second-factor", { password: client.password });
  assert.match(uri, /^otpauth:\/\/totp\/Redline:/);
  await client.expect(422, "POST", "/v1/user/second-factor/confirm", { code: authenticatorCode(secret, 100) });
  const { recovery_codes } = await client.expect(200, "POST", "/v1/user/second-factor/confirm", { code: authenticatorCode(secret) });
  assert.equal(recovery_codes.length, 10);
  assert.equal((await login()).json.reason, "second_factor_required");
  const code = authenticatorCode(secret, 1);
  assert.equal((await login(code)).status, 200);
  assert.equal((await login(code)).json.reason, "second_factor_wrong");
  assert.equal((await login(recovery_codes[0])).status, 200);
  assert.equal((await login(recovery_codes[0])).json.reason, "second_factor_wrong");
  await client.expect(204, "POST", "/v1/user/second-factor/stop", { password: client.password, code: recovery_codes[1] });
  assert.equal((await login()).status, 200);
});

// D42: the licence key was the only credential, in addresses, logs and plain text.
test("an API key is shown once, does what its scopes say and nothing else", async () => {
  const client = await register(server.url);
  const made = await client.expect(201, "POST", "/v1/keys", { name: "ci", scopes: ["data:read"] });
  assert.match(made.secret, /^rl_live_[a-z2-7]{32}$/);
  const key = new Client(server.url, made.secret);
  await key.expect(200, "GET", "/v1/datasets");
  for (const [method, path, body] of [
    ["POST", "/v1/query", { sql: "SELECT 1" }],
    ["GET", "/v1/balance"],
    ["POST", "/v1/checkout", { sku: "hours-5" }],
    ["GET", "/v1/session"],
    ["POST", "/v1/keys", { name: "more", scopes: ["data:read"] }],
    ["POST", "/v1/user/delete", { password: client.password }],
    ["GET", "/v1/admin/accounts"],
  ])
    assert.equal((await key.call(method, path, body)).status, 403, `${method} ${path}`);
  const { data } = await client.expect(200, "GET", "/v1/keys");
  assert.equal(data[0].secret, undefined);
  await client.expect(403, "POST", "/v1/keys", { name: "x", scopes: ["admin:*"] });
  await client.expect(422, "POST", "/v1/keys", { name: "x", scopes: ["billing:write"] });
  const log = readFileSync(join(server.data, "redline_web.log"), "utf8");
  assert.ok(!log.includes(made.secret));
});

test("a rotated key works beside its successor, a deleted one not at all", async () => {
  const client = await register(server.url);
  const old = await client.expect(201, "POST", "/v1/keys", { name: "ci", scopes: ["data:read"] });
  const fresh = await client.expect(201, "POST", `/v1/keys/${old.id}/rotate`, { overlap_seconds: 600 });
  for (const { secret } of [old, fresh]) await new Client(server.url, secret).expect(200, "GET", "/v1/datasets");
  await client.expect(204, "DELETE", `/v1/keys/${fresh.id}`);
  await new Client(server.url, fresh.secret).expect(401, "GET", "/v1/datasets");
  const now = await client.expect(201, "POST", "/v1/keys", { name: "b", scopes: ["data:read"] });
  await client.expect(201, "POST", `/v1/keys/${now.id}/rotate`, { overlap_seconds: 0 });
  await new Client(server.url, now.secret).expect(401, "GET", "/v1/datasets");
});

test("a team: made, invited into, worked in, left; roles hold", async () => {
  const owner = await register(server.url);
  const guest = await register(server.url);
  const team = await owner.expect(201, "POST", "/v1/teams", { name: "Desk" });
  const as = { "Redline-Account": team.id };
  await guest.expect(403, "GET", "/v1/members", undefined, as);
  await owner.expect(201, "POST", "/v1/invitations", { email: guest.email, role: "billing" }, as);
  const token = await outboxToken(server, guest.email, "invitation");
  const stranger = await register(server.url);
  await stranger.expect(403, "POST", "/v1/invitations/accept", { token });
  assert.equal((await guest.expect(200, "POST", "/v1/invitations/accept", { token })).role, "billing");
  await guest.expect(410, "POST", "/v1/invitations/accept", { token });
  // Billing: money and no data. Member: data and no money.
  await guest.expect(200, "GET", "/v1/balance", undefined, as);
  await guest.expect(403, "GET", "/v1/datasets", undefined, as);
  await guest.expect(403, "POST", "/v1/invitations", { email: "x@example.com", role: "member" }, as);
  await owner.expect(204, "PUT", `/v1/members/${guest.user.id}`, { role: "member" }, as);
  await guest.expect(200, "GET", "/v1/datasets", undefined, as);
  await guest.expect(403, "POST", "/v1/checkout", { sku: "hours-5" }, as);
  await guest.expect(403, "DELETE", `/v1/members/${owner.user.id}`, undefined, as);
  await owner.expect(409, "DELETE", `/v1/members/${owner.user.id}`, undefined, as);
  await owner.expect(409, "POST", "/v1/user/delete", { password: owner.password });
  assert.equal((await owner.expect(200, "GET", "/v1/members", undefined, as)).data.length, 2);
  await guest.expect(204, "DELETE", `/v1/members/${guest.user.id}`, undefined, as);
  await guest.expect(403, "GET", "/v1/members", undefined, as);
  const last = await owner.expect(201, "POST", "/v1/invitations", { email: guest.email, role: "member" }, as);
  await owner.expect(204, "DELETE", `/v1/invitations/${last.id}`, undefined, as);
  await guest.expect(410, "POST", "/v1/invitations/accept", { token: await outboxToken(server, guest.email, "invitation") });
});

test("refusals and operator work are in the audit log", async () => {
  const one = await startServer();
  const client = await register(one.url);
  const operator = await signIn(one.url, one.operator);
  await client.expect(403, "GET", "/v1/admin/accounts");
  await operator.expect(201, "POST", "/v1/admin/grants", { account_id: client.account, amount_ms: 1000, kind: "manual", reason: "for a test" });
  const { data } = await operator.expect(200, "GET", "/v1/admin/audit");
  const denied = data.find((entry) => entry.action === "denied");
  assert.deepEqual([denied.actor, denied.account, denied.target], [client.user.id, client.account, "GET /v1/admin/accounts"]);
  assert.ok(data.some((entry) => entry.action === "operator" && entry.target === "POST /v1/admin/grants"));
  await one.stop();
});

test("operators have the rights of their role and no more; keys come from the command line as well", async () => {
  const one = await startServer();
  await one.kill("SIGTERM");
  const run = async (...args) => {
    const done = await redline([...args, "--json", "--data", one.data]);
    assert.equal(done.code, 0, done.stderr);
    return JSON.parse(done.stdout);
  };
  const support = await run("account", "create", "--email", "support@example.com", "--operator", "--role", "support");
  const finance = await run("account", "create", "--email", "finance@example.com", "--operator", "--role", "finance");
  const key = await run("key", "create", "--account", finance.account, "--scopes", "admin:finance,data:read");
  const again = await startServer({ data: one.data });
  const grant = { account_id: finance.account, amount_ms: 1000, kind: "manual", reason: "for a test" };
  const helper = await signIn(again.url, support);
  await helper.expect(200, "GET", "/v1/admin/accounts");
  await helper.expect(403, "POST", "/v1/admin/grants", grant);
  await helper.expect(204, "POST", "/v1/admin/denied-sessions", { session_id: "some-session" });
  const till = await signIn(again.url, finance);
  await till.expect(201, "POST", "/v1/admin/grants", grant);
  await till.expect(403, "POST", "/v1/admin/denied-sessions", { session_id: "some-session" });
  const robot = new Client(again.url, key.secret);
  await robot.expect(201, "POST", "/v1/admin/grants", grant);
  await robot.expect(403, "GET", "/v1/admin/accounts");
  await again.stop();
  await one.stop();
});
