// Nobody learns from an answer, nor from the work behind it, whether an address has an account; and guessing is slow. The
// work is counted, not timed: /metrics says how many passwords were hashed or checked.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, register, signIn } from "../harness/client.mjs";
import { Mailbox } from "../harness/mailbox.mjs";
import { freshFolder, removeFolder, root, startServer, until } from "../harness/server.mjs";

const password = "correct horse battery";
let mailbox;
let mailed; // asks for confirmed addresses
let proxied; // believes a proxy's word on who asks
before(async () => {
  mailbox = await new Mailbox().start();
  const folder = freshFolder();
  const config = join(folder, "redline.toml");
  writeFileSync(config, `${readFileSync(join(root, "tests/harness/roomy.toml"), "utf8")}\n[server]\ntrusted_proxies = ["127.0.0.1"]\n`);
  mailed = await startServer({ env: { SMTP_URL: mailbox.url, SMTP_FROM: "Redline <redline@example.com>" } });
  proxied = await startServer({ args: ["--config", config], env: { REDLINE_LIMITS_GUESSES: "100/hour" } });
  removeFolder(folder);
});
after(async () => {
  await Promise.all([mailed?.stop(), proxied?.stop()]);
  mailbox?.stop();
});

let people = 0;
const address = () => `guessed${(people += 1)}@example.com`;

async function computations() {
  const text = await (await fetch(`${mailed.url}/metrics`)).text();
  return Number(/^redline_password_computations_total (\d+)$/m.exec(text)[1]);
}

// What the answer says, apart from the request's own name, and how many passwords it cost.
async function costOf(path, body) {
  const before = await computations();
  const got = await new Client(mailed.url).post(path, body);
  const { request_id, email, ...said } = got.json ?? {};
  assert.ok(request_id || got.status < 300);
  return { status: got.status, said, text: got.json ? "" : got.text, computations: (await computations()) - before };
}

async function confirmed() {
  const email = address();
  await new Client(mailed.url).expect(201, "POST", "/v1/auth/register", { email, password });
  await new Client(mailed.url).expect(204, "POST", "/v1/auth/verify", { token: await mailbox.token(email, "Confirm", "verify") });
  return email;
}

async function unconfirmed() {
  const email = address();
  await new Client(mailed.url).expect(201, "POST", "/v1/auth/register", { email, password });
  return email;
}

test("a sign-in that fails costs one check and says the same: unknown, wrong password, unconfirmed, left", async () => {
  const gone = await confirmed();
  await (await signIn(mailed.url, { email: gone, password })).expect(204, "POST", "/v1/user/delete", { password });
  const outcomes = [];
  for (const email of [address(), await confirmed(), await unconfirmed(), gone, mailed.operator.email])
    outcomes.push(await costOf("/v1/auth/login", { email, password: "not the password" }));
  for (const one of outcomes) assert.deepEqual(one, outcomes[0]);
  assert.deepEqual([outcomes[0].status, outcomes[0].said.reason, outcomes[0].computations], [401, "wrong_credentials", 1]);
  // Only who knows the password hears that the address waits to be confirmed, and that costs no more.
  const waiting = await costOf("/v1/auth/login", { email: await unconfirmed(), password });
  assert.deepEqual([waiting.status, waiting.said.reason, waiting.computations], [403, "email_unverified", 1]);
  const good = await costOf("/v1/auth/login", { email: await confirmed(), password });
  assert.deepEqual([good.status, good.computations], [200, 1]);
});

test("signing up with a known address, confirmed or not, costs and says what a new one does", async () => {
  const outcomes = [];
  for (const email of [address(), await confirmed(), await unconfirmed()]) outcomes.push(await costOf("/v1/auth/register", { email, password }));
  for (const one of outcomes) assert.deepEqual(one, outcomes[0]);
  assert.deepEqual([outcomes[0].status, outcomes[0].computations], [201, 1]);
});

test("asking for a new password costs no check for anybody, and a link that is wrong costs what a good one does", async () => {
  const known = await confirmed();
  const asked = [];
  for (const email of [address(), known, await unconfirmed()]) asked.push(await costOf("/v1/auth/password/forgot", { email }));
  for (const one of asked) assert.deepEqual(one, asked[0]);
  assert.deepEqual([asked[0].status, asked[0].text, asked[0].computations], [204, "", 0]);
  const token = await mailbox.token(known, "new password", "reset");
  const invented = await costOf("/v1/auth/password/reset", { token: "x".repeat(43), password: "a new fine password" });
  const good = await costOf("/v1/auth/password/reset", { token, password: "a new fine password" });
  const spent = await costOf("/v1/auth/password/reset", { token, password: "a new fine password" });
  assert.deepEqual(spent, invented);
  assert.deepEqual([invented.status, invented.said.reason, invented.computations], [410, "token_used", 1]);
  assert.deepEqual([good.status, good.computations], [204, 1]);
});

const guess = (email, from, word = "not the password") => new Client(proxied.url).post("/v1/auth/login", { email, password: word }, { "X-Forwarded-For": from });

test("after five failures an address waits for that account, known or not, even with the right password", async () => {
  const known = await register(proxied.url);
  const burst = async (email) => {
    const seen = await Promise.all(Array.from({ length: 20 }, () => guess(email, "198.51.100.1")));
    assert.ok(seen.filter((one) => one.status === 401).length >= 5, "five are free");
    return [...new Set(seen.map((one) => `${one.status} ${one.json.reason} ${one.json.detail}`))].sort();
  };
  const said = await burst(known.email);
  assert.deepEqual(said.map((one) => one.split(" ").slice(0, 2).join(" ")), ["401 wrong_credentials", "429 rate_limited"]);
  assert.deepEqual(await burst(address()), said);
  // A pause is a second at first: where it went by in between, the right password is let in, and the failures are forgotten.
  const right = await until("the right password to be refused", async () => {
    const got = await guess(known.email, "198.51.100.1", known.password);
    if (got.status === 429) return got;
    await burst(known.email);
    return undefined;
  });
  assert.equal(right.json.reason, "rate_limited");
  assert.ok(Number(right.headers.get("retry-after")) >= 1);
  // Its owner comes in from elsewhere, and that address may try other accounts.
  assert.equal((await guess(known.email, "198.51.100.2", known.password)).status, 200);
  assert.equal((await guess(address(), "198.51.100.1")).status, 401);
});

test("an account guessed at from a hundred addresses waits for every address, and no other account does", async () => {
  const known = await register(proxied.url);
  let asked = 0;
  const statuses = [];
  const crowd = Array.from({ length: 4 }, async () => {
    while (asked < 160 && !statuses.includes(429)) statuses.push((await guess(known.email, `203.0.113.${(asked += 1)}`)).status);
  });
  await Promise.all(crowd);
  assert.ok(statuses.filter((one) => one === 401).length >= 100);
  assert.deepEqual([...new Set(statuses)].sort(), [401, 429]);
  const other = await register(proxied.url);
  assert.equal((await guess(other.email, "203.0.113.200", other.password)).status, 200);
});

test("one address that tries many accounts is stopped by the limit of guesses, and others are not", async () => {
  const statuses = [];
  for (let i = 0; i < 120 && statuses.at(-1) !== 429; i += 1) statuses.push((await new Client(proxied.url).post("/v1/auth/verify", { token: "x".repeat(43) }, { "X-Forwarded-For": "192.0.2.7" })).status);
  assert.deepEqual([...new Set(statuses)], [410, 429]);
  assert.equal(statuses.indexOf(429), 100);
  assert.equal((await guess(address(), "192.0.2.7")).status, 429);
  assert.equal((await guess(address(), "192.0.2.8")).status, 401);
});
