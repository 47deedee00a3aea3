// Who gets in. Tokens of the application beside us are made by jose, not by our own signer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SignJWT } from "jose";
import { Client, register } from "../harness/client.mjs";
import { redline, startServer } from "../harness/server.mjs";

const secret = "a-shared-secret-of-the-tests-0123456789";
const key = new TextEncoder().encode(secret);
let server;

before(async () => (server = await startServer({ env: { MAKERKIT_JWT_SECRET: secret } })));
after(async () => server.stop());

function token(claims = {}, expires = "10m", header = {}) {
  return new SignJWT({ role: "authenticated", session_id: crypto.randomUUID(), email: "a@example.com", ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT", ...header })
    .setIssuedAt()
    .setAudience(claims.aud ?? "authenticated")
    .setSubject(claims.sub ?? crypto.randomUUID())
    .setExpirationTime(expires)
    .sign(key);
}

async function statusOf(text) {
  const answer = await new Client(server.url, text).get("/v1/session");
  return [answer.status, answer.json.reason];
}

test("a token of the application beside us makes an account at first sight, the same one each time", async () => {
  const sub = crypto.randomUUID();
  const one = new Client(server.url, await token({ sub }));
  const two = new Client(server.url, await token({ sub }));
  const first = await one.expect(200, "GET", "/v1/session");
  const second = await two.expect(200, "GET", "/v1/session");
  assert.equal(first.account.id, second.account.id);
  assert.equal((await one.expect(200, "GET", "/v1/balance")).remaining_seconds, 3600);
});

test("expired, forged, truncated and foreign tokens are refused", async () => {
  const good = await token();
  assert.deepEqual(await statusOf(await token({}, "-2m")), [401, "token_expired"]);
  const [head, body, signature] = good.split(".");
  for (const bad of [
    `${head}.${body}.${signature.slice(0, -2)}`,
    `${head}.${body}`,
    `${head}.${body}.`,
    `${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.${body}.`,
    `${head}.${Buffer.from('{"sub":"x"}').toString("base64url")}.${signature}`,
    await token({ role: "anon" }),
    await token({ role: "service_role" }),
    await token({ aud: "other" }),
    await token({ sub: "not-a-uuid" }),
    await token({ is_anonymous: true }),
    "x".repeat(9000),
  ])
    assert.equal((await statusOf(bad))[0], 401, bad.slice(0, 60));
});

test("claims that the user can edit give no right", async () => {
  const client = new Client(server.url, await token({ user_metadata: { role: "operator" }, app_metadata: { role: "admin" } }));
  assert.deepEqual((await client.expect(200, "GET", "/v1/session")).roles, []);
  await client.expect(403, "GET", "/v1/admin/accounts");
});

test("a second registration of an e-mail is a conflict, however it is written", async () => {
  const client = await register(server.url);
  for (const email of [client.email, client.email.toUpperCase(), ` ${client.email} `]) {
    const answer = await new Client(server.url).call("POST", "/v1/auth/register", { email, password: "another password" });
    assert.ok([409, 422].includes(answer.status), answer.text);
  }
});

test("weak passwords, wrong types and unknown fields are named", async () => {
  const client = new Client(server.url);
  const short = await client.expect(422, "POST", "/v1/auth/register", { email: "b@example.com", password: "short" });
  assert.equal(short.fields[0].name, "password");
  const odd = await client.expect(422, "POST", "/v1/auth/register", { email: 5, password: "long enough to be fine", plan: "pro" });
  assert.deepEqual(odd.fields.map((field) => field.name).sort(), ["email", "plan"]);
});

test("a wrong password and an unknown address get the same answer", async () => {
  const client = await register(server.url);
  const wrong = await new Client(server.url).call("POST", "/v1/auth/login", { email: client.email, password: "wrong password" });
  const unknown = await new Client(server.url).call("POST", "/v1/auth/login", { email: "nobody@example.com", password: "wrong password" });
  assert.deepEqual([wrong.status, wrong.json.reason, wrong.json.detail], [unknown.status, unknown.json.reason, unknown.json.detail]);
  assert.equal(wrong.status, 401);
});

test("signing out ends the session's cookie, refresh and access tokens at once", async () => {
  const client = await register(server.url);
  await client.expect(200, "GET", "/v1/session");
  const out = await client.call("POST", "/v1/auth/logout");
  assert.ok([200, 204].includes(out.status));
  assert.equal((await client.get("/v1/session")).status, 401);
  assert.equal((await new Client(server.url).post("/v1/auth/refresh", { refresh_token: client.refresh_token })).status, 401);
});

test("a refresh token works once; using it again ends the session", async () => {
  const client = await register(server.url);
  const fresh = await new Client(server.url).expect(200, "POST", "/v1/auth/refresh", { refresh_token: client.refresh_token });
  await new Client(server.url).expect(401, "POST", "/v1/auth/refresh", { refresh_token: client.refresh_token });
  assert.equal((await new Client(server.url, fresh.access_token).get("/v1/session")).status, 401);
});

async function cookieSignIn(client) {
  const response = await fetch(`${server.url}/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: client.email, password: client.password }),
  });
  return response.headers.get("set-cookie");
}

test("the page's cookie is out of a script's reach, and unsafe methods need the session's CSRF token", async () => {
  const client = await register(server.url);
  const cookie = await cookieSignIn(client);
  assert.match(cookie, /^rl_session=[^;]+;/);
  assert.match(cookie, /HttpOnly/i);
  assert.match(cookie, /SameSite=Lax/i);
  const page = new Client(server.url);
  const Cookie = cookie.split(";")[0];
  const session = await page.expect(200, "GET", "/v1/session", undefined, { Cookie });
  const without = await page.call("POST", "/v1/checkout", { sku: "hours-5" }, { Cookie });
  assert.deepEqual([without.status, without.json.reason], [403, "csrf_invalid"]);
  await page.expect(201, "POST", "/v1/checkout", { sku: "hours-5" }, { Cookie, "X-CSRF-Token": session.csrf_token });
});

// D13, D42: a credential in a URL is no credential.
test("a token in the query string is not accepted", async () => {
  const client = await register(server.url);
  const answer = await new Client(server.url).get(`/v1/session?access_token=${client.token}`);
  assert.equal(answer.status, 401);
});

test("cookie and bearer together are refused", async () => {
  const client = await register(server.url);
  const Cookie = (await cookieSignIn(client)).split(";")[0];
  assert.equal((await client.get("/v1/session", { Cookie })).status, 401);
});

// D44: a secret from a manual does not start.
test("a placeholder or short secret stops the start with exit code 2", async () => {
  for (const value of ["short", "your-super-secret-jwt-token-with-at-least-32-characters-long"]) {
    const run = await redline(["check-config"], { MAKERKIT_JWT_SECRET: value });
    assert.equal(run.code, 2);
    assert.match(run.stderr, /auth\.hs256_secrets/);
  }
});
