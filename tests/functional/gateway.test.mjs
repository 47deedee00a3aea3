// The gateway in front of a Flask application under gunicorn: what an application sees, what a client gets, what is
// charged.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { startFlask } from "../harness/applications.mjs";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { bearer, startGateway } from "../harness/gateway.mjs";
import { until } from "../harness/server.mjs";

let flask;
let server;
let client;
before(async () => {
  flask = await startFlask();
  server = await startGateway({ "/app/": flask.url, "/open/": { upstream: flask.url, metered: false, sign_in: false }, "/whole/": { upstream: flask.url, strip_prefix: false }, "/app/public/": { upstream: flask.url, metered: false, sign_in: false } });
  client = await register(server.url);
});
after(async () => {
  await server?.stop();
  await flask?.stop();
});

const ask = (path, init = {}) => fetch(server.url + path, { redirect: "manual", ...init, headers: bearer(client, init.headers) });

test("a page of the application comes through, with what is left in its headers", async () => {
  const answer = await ask("/app/");
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "<h1>Shop</h1>");
  assert.match(answer.headers.get("content-type"), /^text\/html/);
  assert.ok(Number(answer.headers.get("redline-remaining-seconds")) > 3000);
  assert.match(answer.headers.get("ratelimit"), /r=\d+/);
  assert.equal(answer.headers.get("content-security-policy"), null, "the application's own rules hold for its pages");
  const missing = await ask("/app/nowhere");
  assert.equal(missing.status, 404);
  assert.match(missing.headers.get("content-type"), /^text\/html/, "its own 404, not ours");
  assert.equal((await ask("/app/fails")).status, 500);
  const bare = await ask("/app?x=1");
  assert.deepEqual([bare.status, bare.headers.get("location")], [308, "/app/?x=1"]);
});

test("what the application was asked is in the reports of who asked", async () => {
  const asker = await register(server.url);
  for (const path of ["/app/", "/app/nowhere"]) await fetch(server.url + path, { headers: bearer(asker) });
  const row = await until("the report", async () =>
    (await asker.expect(200, "GET", "/v1/usage?group_by=route")).data.find((one) => one.route === "/app/" && one.requests === 2),
  );
  assert.deepEqual([row.errors, row.query_ms], [1, 0]);
  assert.ok(row.bytes > 0);
});

test("the application learns who asks, and no client can say it is somebody else", async () => {
  const forged = { "X-Redline-User": "usr_forged", X_Redline_User: "usr_forged", "X-Redline-Account": "acc_forged", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", Forwarded: "for=203.0.113.9" };
  const seen = await (await ask("/app/who?a=b%20c", { headers: { ...forged, "X-Mine": "kept", Cookie: "mine=1" } })).json();
  assert.equal(seen.names.HTTP_X_REDLINE_USER, client.user.id);
  assert.equal(seen.names.HTTP_X_REDLINE_ACCOUNT, client.account);
  assert.equal(seen.names.HTTP_X_REDLINE_PLAN, "free");
  assert.equal(seen.names.HTTP_X_FORWARDED_FOR, "127.0.0.1");
  assert.equal(seen.names.HTTP_X_FORWARDED_HOST, new URL(server.url).host);
  assert.equal(seen.names.HTTP_X_FORWARDED_PREFIX, "/app");
  assert.equal(seen.names.HTTP_X_MINE, "kept");
  assert.equal(seen.names.HTTP_COOKIE, "mine=1");
  assert.equal(seen.names.HTTP_AUTHORIZATION, undefined, "D42: our credential stays with us");
  assert.equal(seen.names.HTTP_FORWARDED, undefined);
  assert.doesNotMatch(JSON.stringify(seen), /forged|evil/);
  assert.deepEqual([seen.path, seen.query], ["/who", "a=b%20c"]);
  const anonymous = await (await fetch(`${server.url}/open/who`, { headers: { "X-Redline-User": "usr_forged" } })).json();
  assert.equal(anonymous.names.HTTP_X_REDLINE_USER, undefined);
});

test("a form, its redirect and the session cookie of the application work below the prefix", async () => {
  const posted = await ask("/app/cart", { method: "POST", body: new URLSearchParams({ item: "tea" }) });
  assert.deepEqual([posted.status, posted.headers.get("location")], [302, "/app/cart/shown"]);
  const cookie = posted.headers.getSetCookie()[0].split(";")[0];
  assert.equal(await (await ask("/app/cart/shown", { headers: { Cookie: cookie } })).text(), "tea");
});

test("large bodies arrive unchanged in both directions, with a length and in chunks", async () => {
  const bytes = randomBytes(20 << 20);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const plain = await (await ask("/app/digest", { method: "POST", body: bytes })).json();
  assert.deepEqual(plain, { sha256, size: bytes.length, encoding: "" });
  const pieces = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 100_001) controller.enqueue(bytes.subarray(at, at + 100_001));
      controller.close();
    },
  });
  const chunked = await (await ask("/app/digest", { method: "PUT", body: pieces, duplex: "half" })).json();
  assert.deepEqual([chunked.sha256, chunked.size], [sha256, bytes.length]);
  const answer = await ask("/app/letters/320");
  let size = 0;
  for await (const piece of answer.body) size += piece.length;
  assert.equal(size, 320 * 65536);
  const small = await ask("/app/digest", { method: "POST", body: "" });
  assert.equal((await small.json()).size, 0);
});

test("HEAD, lengths and validators are the application's", async () => {
  const head = await ask("/app/file", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), head.headers.get("etag")], [200, "100", '"one"']);
  assert.equal(await head.text(), "");
  const whole = await ask("/app/file");
  assert.deepEqual([whole.headers.get("content-length"), (await whole.text()).length], ["100", 100]);
});

test("the longest prefix decides, and a prefix that is kept is kept", async () => {
  const open = await fetch(`${server.url}/app/public/who`);
  assert.equal((await open.json()).names.HTTP_X_FORWARDED_PREFIX, "/app/public", "open to everybody, as that route says");
  assert.equal((await fetch(`${server.url}/app/who`)).status, 401);
  assert.equal((await ask("/whole/who")).status, 404);
});

test("use through the gateway is charged, and refused as everywhere: 401, 402, 429, each for its own reason", async () => {
  const strict = await startGateway({ "/app/": flask.url }, { trial_hours: 0, requests: "5/hour" });
  try {
    const operator = await signIn(strict.url, strict.operator);
    const open = await fetch(`${strict.url}/app/`);
    assert.deepEqual([open.status, (await open.json()).reason], [401, "unauthenticated"]);
    const poor = await register(strict.url);
    const unpaid = await fetch(`${strict.url}/app/`, { headers: bearer(poor) });
    const why = await unpaid.json();
    assert.deepEqual([unpaid.status, why.reason], [402, "subscription_required"]);
    assert.ok(why.checkout_url);
    await grant(operator, poor.account, 3_600_000);
    for (let i = 0; i < 4; i += 1) assert.equal((await fetch(`${strict.url}/app/`, { headers: bearer(poor) })).status, 200);
    const fast = await fetch(`${strict.url}/app/`, { headers: bearer(poor) });
    assert.deepEqual([fast.status, (await fast.json()).reason], [429, "rate_limited"]);
    assert.ok(Number(fast.headers.get("retry-after")) >= 1);
  } finally {
    await strict.stop();
  }
  const before = (await client.expect(200, "GET", "/v1/balance")).remaining_seconds;
  assert.ok(before < 3600, "the requests of the tests above were use");
});

// The application knows no CSRF token of ours: the browser's word on the origin protects cookie callers instead.
test("a cookie is good for unsafe methods only from a page of this origin", async () => {
  const login = await fetch(`${server.url}/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: client.email, password: client.password }) });
  const cookie = login.headers.getSetCookie().map((one) => one.split(";")[0]).find((one) => one.startsWith("rl_session="));
  const post = (headers) => fetch(`${server.url}/app/cart`, { method: "POST", redirect: "manual", body: new URLSearchParams({ item: "tea" }), headers: { Cookie: cookie, ...headers } });
  assert.equal((await post({ Origin: server.url })).status, 302);
  for (const headers of [{ Origin: "https://evil.example" }, { "Sec-Fetch-Site": "cross-site" }, { Origin: "null" }]) {
    const refused = await post(headers);
    assert.deepEqual([refused.status, (await refused.json()).reason], [403, "csrf_invalid"], JSON.stringify(headers));
  }
  assert.equal((await fetch(`${server.url}/app/`, { headers: { Cookie: cookie, Origin: "https://evil.example" } })).status, 200);
  const seen = await (await fetch(`${server.url}/app/who`, { headers: { Cookie: `${cookie}; a=1` } })).json();
  assert.equal(seen.names.HTTP_COOKIE, "a=1", "the session does not reach the application");
});

test("health names an application that cannot be reached", async () => {
  const health = await new Client(server.url).expect(200, "GET", "/health");
  assert.equal(health.components.gateway.status, "ok");
});
