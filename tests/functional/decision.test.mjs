// The one decision at the door, as a table: identity → origin and role → limit → subscription → balance. Every outcome
// has its own status and reason, brings what its reader needs (where to sign in, how long to wait, where to pay) and
// nothing that belongs to another.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SignJWT } from "jose";
import { freePort } from "../harness/applications.mjs";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { until } from "../harness/server.mjs";

const quota = 60; // requests an hour of an account, of which a row uses one or two
const secret = "a-shared-secret-of-the-tests-0123456789";
let server;
const people = {};

async function cookieOf(who) {
  const login = await fetch(`${server.url}/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: who.email, password: who.password }) });
  return login.headers.getSetCookie().map((one) => one.split(";")[0]).find((one) => one.startsWith("rl_session="));
}

// Asks until the answer is 429; says how many were not.
async function useUp(most, ask) {
  for (let i = 0; i <= most; i += 1) if ((await ask()).status === 429) return i;
  throw new Error("the limit was never reached");
}

// A token of the application beside us; `seconds` until it ends.
function foreignToken(seconds) {
  const end = Math.floor(Date.now() / 1000) + seconds;
  return new SignJWT({ role: "authenticated", session_id: crypto.randomUUID(), email: "a@example.com" }).setProtectedHeader({ alg: "HS256", typ: "JWT" }).setIssuedAt(end - 900).setAudience("authenticated").setSubject(crypto.randomUUID()).setExpirationTime(end).sign(new TextEncoder().encode(secret));
}

const from = (address) => ({ "X-Forwarded-For": address });

before(async () => {
  server = await startGateway(
    { "/app/": `http://127.0.0.1:${await freePort()}` }, // nobody answers there: who gets so far was admitted
    { requests: `${quota}/hour`, trial_hours: 0, extra: '[server]\ntrusted_proxies = ["127.0.0.1"]', env: { MAKERKIT_JWT_SECRET: secret, REDLINE_LIMITS_ANONYMOUS: "20/hour", REDLINE_LIMITS_GUESSES: "40/hour" } },
  );
  const operator = await signIn(server.url, server.operator);
  for (const name of ["rich", "never", "spent", "held", "hurried", "hurriedAndPoor"]) people[name] = await register(server.url);
  for (const name of ["rich", "held", "hurried"]) await grant(operator, people[name].account, 3_600_000);
  await operator.expect(200, "POST", "/v1/admin/holds", { account_id: people.held.account, reason: "a dispute" });
  await grant(operator, people.spent.account, 1_000);
  await people.spent.expect(204, "GET", "/v1/authz");
  await until("the last second to be gone", async () => (await people.spent.get("/v1/balance")).json.remaining_seconds === 0);
  people.rich.cookie = await cookieOf(people.rich);
  people.reader = { token: (await people.rich.expect(201, "POST", "/v1/keys", { name: "reader", scopes: ["data:read"], expires_at: "2099-01-01T00:00:00Z" })).secret };
  people.operator = operator;
  for (const name of ["hurried", "hurriedAndPoor"]) await useUp(quota, () => people[name].get("/v1/session"));
  people.nobody = {};
  people.stranger = { token: "no-token-of-ours" };
  people.late = { token: await foreignToken(-100) };
  people.signedOut = await signIn(server.url, people.rich);
  await people.signedOut.expect(204, "POST", "/v1/auth/logout");
  assert.equal(await useUp(20, () => new Client(server.url).get("/v1/session", from("198.51.100.1"))), 20);
  assert.equal(await useUp(40, () => new Client(server.url, "wrong").get("/v1/session", from("198.51.100.2"))), 40);
});
after(async () => server?.stop());

const metered = ["GET", "/v1/authz"];
const free = ["GET", "/v1/session"];
const operators = ["GET", "/v1/admin/accounts"];
const change = ["POST", "/v1/auth/logout"];

// who, what, headers besides → status, reason
const table = [
  // 401: identity comes first.
  ["nobody", metered, {}, 401, "unauthenticated"],
  ["nobody", free, {}, 401, "unauthenticated"],
  ["nobody", operators, {}, 401, "unauthenticated"],
  ["stranger", metered, {}, 401, "token_invalid"],
  ["stranger", operators, {}, 401, "token_invalid"],
  ["late", metered, {}, 401, "token_expired"],
  ["signedOut", metered, {}, 401, "token_invalid"],
  ["rich", metered, { Cookie: "rl_session=another" }, 401, "unauthenticated"], // two credentials are none
  // 403: who may not is asked neither to wait nor to pay.
  ["rich", operators, {}, 403, "forbidden"],
  ["never", operators, {}, 403, "forbidden"],
  ["held", operators, {}, 403, "forbidden"],
  ["hurried", operators, {}, 403, "forbidden"],
  ["hurriedAndPoor", operators, {}, 403, "forbidden"],
  ["reader", metered, {}, 403, "insufficient_scope"],
  ["cookie of rich", change, {}, 403, "csrf_invalid"],
  ["rich", metered, { "Redline-Account": "acc_00000000000000000000000000" }, 403, "forbidden"],
  // 429: waiting comes before paying; money would not help now.
  ["hurried", metered, {}, 429, "rate_limited"],
  ["hurried", free, {}, 429, "rate_limited"],
  ["hurriedAndPoor", metered, {}, 429, "rate_limited"],
  ["nobody", metered, from("198.51.100.1"), 429, "rate_limited"], // an address that asked too often without a credential
  ["stranger", metered, from("198.51.100.2"), 429, "rate_limited"], // … and one that tried too many
  // 402: each for its own reason; at zero everybody can look and pay.
  ["never", metered, {}, 402, "subscription_required"],
  ["never", free, {}, 200],
  ["spent", metered, {}, 402, "hours_exhausted"],
  ["spent", free, {}, 200],
  ["held", metered, {}, 402, "account_held"],
  ["held", free, {}, 200],
  // Admitted, also from an address where others went wrong.
  ["rich", metered, {}, 204],
  ["rich", metered, from("198.51.100.1"), 204],
  ["rich", metered, from("198.51.100.2"), 204],
  ["rich", free, {}, 200],
  ["cookie of rich", metered, {}, 204],
  ["operator", operators, {}, 200],
];

function credentialOf(who) {
  const name = who.replace("cookie of ", "");
  if (who !== name) return { Cookie: people[name].cookie };
  return people[name].token ? { Authorization: `Bearer ${people[name].token}` } : {};
}

for (const [who, [method, path], headers, status, reason] of table) {
  test(`${who}: ${method} ${path} ${JSON.stringify(headers)} → ${status} ${reason ?? ""}`, async () => {
    const answer = await fetch(server.url + path, { method, headers: { ...credentialOf(who), ...headers } });
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    const problem = status >= 400 ? JSON.parse(text) : {};
    assert.equal(problem.reason, reason);
    if (status >= 400) assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
    const scheme = { unauthenticated: "Bearer", token_invalid: 'Bearer error="invalid_token"', token_expired: 'Bearer error="invalid_token"' };
    assert.equal(answer.headers.get("www-authenticate"), status === 401 ? scheme[reason] : null);
    assert.equal(answer.headers.has("retry-after"), status === 429);
    assert.equal(problem.retry_after_seconds, status === 429 ? Number(answer.headers.get("retry-after")) : undefined);
    if (status === 429) assert.ok(problem.retry_after_seconds >= 1);
    assert.equal(problem.checkout_url, status === 402 ? "/v1/checkout" : undefined);
    assert.equal(problem.remaining_seconds, status === 402 ? 0 : undefined);
    const admitted = status < 400 && path === "/v1/authz";
    const left = answer.headers.get("redline-remaining-seconds");
    assert.equal(left === null, !admitted && status !== 402);
    if (status === 402) assert.equal(left, "0");
    // Whoever is known hears of the limit; who was turned away before it was looked at does not.
    if ([200, 204, 402, 429].includes(status)) assert.match(answer.headers.get("ratelimit"), status === 429 ? /;r=0;/ : /;r=\d+;/);
    if (status === 403) assert.equal(answer.headers.get("ratelimit"), null);
    assert.equal(answer.headers.has("redline-run"), admitted);
    if (admitted) assert.ok(Number(left) > 3_500 && Number(left) <= 3_600, left);
  });
}

test("the table has every outcome of the decision", () => {
  const outcomes = new Set(table.filter((row) => row[4]).map((row) => `${row[3]} ${row[4]}`));
  assert.deepEqual([...outcomes].sort(), ["401 token_expired", "401 token_invalid", "401 unauthenticated", "402 account_held", "402 hours_exhausted", "402 subscription_required", "403 csrf_invalid", "403 forbidden", "403 insufficient_scope", "429 rate_limited"]);
});

// Every door to metered time has the same decision behind it: forward-auth, work of our own, a page's beat, the gateway.
const doors = [
  ["GET", "/v1/authz"],
  ["GET", "/v1/authz/any/path"],
  ["GET", "/v1/bars/AAPL?interval=1d"],
  ["POST", "/v1/query", '{"sql":"SELECT 1"}'],
  ["POST", "/v1/beats"],
  ["GET", "/app/"],
];
const refusals = { nobody: "401 unauthenticated", stranger: "401 token_invalid", late: "401 token_expired", hurried: "429 rate_limited", hurriedAndPoor: "429 rate_limited", never: "402 subscription_required", spent: "402 hours_exhausted", held: "402 account_held" };
for (const [method, path, body] of doors)
  test(`${method} ${path} refuses each for the same reason, and nobody who may`, async () => {
    const ask = (who) => fetch(server.url + path, { method, body, headers: { ...credentialOf(who), "Content-Type": "application/json", ...from("198.51.100.3") } });
    for (const [who, expected] of Object.entries(refusals)) {
      const problem = await (await ask(who)).json();
      assert.equal(`${problem.status} ${problem.reason}`, expected, who);
    }
    const answer = await ask("rich");
    assert.ok(![401, 402, 403, 429].includes(answer.status), `${answer.status}`);
    assert.match(answer.headers.get("redline-run"), /^run_/);
  });

test("the run that the first answer names is the one that the use is billed to", async () => {
  const who = await register(server.url);
  await grant(people.operator, who.account, 3_600_000);
  const first = await who.call("GET", "/v1/authz");
  const second = await who.call("GET", "/v1/authz");
  assert.match(first.headers.get("redline-run"), /^run_/);
  assert.equal(second.headers.get("redline-run"), first.headers.get("redline-run"));
  const run = await until("the run to be settled", async () => (await who.expect(200, "GET", "/v1/runs")).data[0]);
  assert.equal(run.id, first.headers.get("redline-run"));
});
