// Tokens of the application beside us against the real binary: jose signs, a server on loopback publishes the keys.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CompactEncrypt, SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair } from "jose";
import { Client, register, signIn } from "../harness/client.mjs";
import { redline, startServer } from "../harness/server.mjs";

const issuer = "https://project.supabase.example/auth/v1";
const b64 = (value) => Buffer.from(value).toString("base64url");
const keys = {};
let published;
let answer = () => [200, JSON.stringify(published)];
let fetches = 0;
let jwks;
let server;

async function makeKey(alg, kid, options) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { alg, kid, privateKey, pem: await exportSPKI(publicKey), jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

before(async () => {
  keys.es = await makeKey("ES256", "es");
  keys.rs = await makeKey("RS256", "rs");
  keys.ed = await makeKey("EdDSA", "ed", { crv: "Ed25519" });
  keys.es384 = await makeKey("ES384", "es384");
  published = { keys: [keys.es.jwk, keys.rs.jwk, keys.ed.jwk, keys.es384.jwk] };
  jwks = createServer((_, response) => {
    fetches += 1;
    const [status, body, headers] = answer();
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);
  });
  await new Promise((resolve) => jwks.listen(0, "127.0.0.1", resolve));
  server = await startServer({ env: env() });
});
after(async () => {
  await server.stop();
  jwks.close();
});

function env() {
  return { REDLINE_AUTH_JWKS_URL: `http://127.0.0.1:${jwks.address().port}/jwks.json`, REDLINE_AUTH_ISSUER: issuer };
}

function claimsOf(more = {}) {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer, aud: "authenticated", sub: crypto.randomUUID(), role: "authenticated", session_id: crypto.randomUUID(),
    email: "a@example.com", is_anonymous: false, iat: now, exp: now + 600, ...more,
  };
}
function token(more = {}, header = {}, key = keys.es) {
  return new SignJWT(claimsOf(more)).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT", ...header }).sign(key.privateKey);
}
// Any header and payload, under an HMAC of `secret`.
function forged(header, secret, payload = JSON.stringify(claimsOf())) {
  const signed = `${b64(JSON.stringify(header))}.${b64(payload)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
const parts = (text) => text.split(".");
async function statusOf(text, headers) {
  const got = await new Client(server.url, text).get("/v1/session", headers);
  return got.status;
}
async function refused(rows) {
  for (const [name, text] of rows) assert.equal(await statusOf(await text), 401, name);
}

test("tokens of every published algorithm get in", async () => {
  for (const key of [keys.es, keys.rs, keys.ed]) assert.equal(await statusOf(await token({}, {}, key)), 200, key.alg);
});

test("alg none in any spelling, missing or a number is refused", async () => {
  const [, body, signature] = parts(await token());
  await refused([
    ["unsecured", new UnsecuredJWT(claimsOf()).encode()],
    ...["none", "None", "nOnE", 256, null].map((alg) => [String(alg), `${b64(JSON.stringify({ alg, kid: "es", typ: "JWT" }))}.${body}.${signature}`]),
    ["missing", `${b64(JSON.stringify({ kid: "es", typ: "JWT" }))}.${body}.${signature}`],
  ]);
});

test("a public key is no shared secret, and no algorithm stands for another", async () => {
  await refused([
    ...[keys.es, keys.rs].flatMap((key) => [
      [`${key.alg} PEM`, forged({ alg: "HS256", kid: key.kid, typ: "JWT" }, key.pem)],
      [`${key.alg} JWK`, forged({ alg: "HS256", kid: key.kid, typ: "JWT" }, JSON.stringify(key.jwk))],
    ]),
    ["HS256 when none is configured", forged({ alg: "HS256", typ: "JWT" }, "a-shared-secret-of-the-tests-0123456789")],
    ["ES384", token({}, {}, keys.es384)],
    ["ES256 under the RSA key's name", token({}, { kid: "rs" })],
  ]);
});

test("a kid that is unknown, missing, a path, SQL, huge or no text is refused with one fetch at most", async () => {
  const [, body, signature] = parts(await token());
  const before = fetches;
  await refused([
    ...["other", "../../dev/null", "x' OR '1'='1", "k".repeat(10_000), 7, null, ["es"]].map((kid) => [
      String(kid).slice(0, 20),
      `${b64(JSON.stringify({ alg: "ES256", kid, typ: "JWT" }))}.${body}.${signature}`,
    ]),
    ["missing", token({}, { kid: undefined })],
  ].filter(([name]) => name !== "k".repeat(20)));
  for (let i = 0; i < 50; i += 1) await refused([["flood", token({}, { kid: `invented-${i}` })]]);
  assert.ok(fetches - before <= 1, `${fetches - before} fetches`);
});

test("a token that brings its own key, crit, b64 or zip is refused and nobody is called", async () => {
  let calls = 0;
  const trap = createServer((_, response) => {
    calls += 1;
    response.end(JSON.stringify(published));
  });
  await new Promise((resolve) => trap.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${trap.address().port}/keys`;
  const [, body, signature] = parts(await token());
  await refused(
    [{ jwk: keys.es.jwk }, { jku: url }, { x5u: url }, { x5c: ["MIIB"] }, { crit: ["exp"] }, { b64: false, crit: ["b64"] }, { zip: "DEF" }].map((more) => [
      JSON.stringify(more).slice(0, 30),
      `${b64(JSON.stringify({ alg: "ES256", kid: "es", typ: "JWT", ...more }))}.${body}.${signature}`,
    ]),
  );
  trap.close();
  assert.equal(calls, 0);
});

test("an encrypted, nested, cut, doubled or padded token is refused", async () => {
  const good = await token();
  const [head, body, signature] = parts(good);
  const jwe = await new CompactEncrypt(Buffer.from(good)).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(Buffer.alloc(32, 1));
  await refused([
    ["JWE", jwe],
    ["nested", token({}, { cty: "JWT" }).then((text) => `${parts(text)[0]}.${b64(text)}.${signature}`)],
    ["two parts", `${head}.${body}`],
    ["trailing dot", `${good}.`],
    ["inner space", `${head}. ${body}.${signature}`],
    ["padding", `${good}==`],
    ["cut", good.slice(0, -5)],
  ]);
});

test("an ES256 signature in DER, of wrong length, of zeros or beyond n is refused; a high s is not", async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = (value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
  const good = await token();
  const [head, body, text] = parts(good);
  const raw = Buffer.from(text, "base64url");
  const s = BigInt(`0x${raw.subarray(32).toString("hex")}`);
  const withRaw = (signature) => `${head}.${body}.${signature.toString("base64url")}`;
  await refused([
    ["63 bytes", withRaw(raw.subarray(1))],
    ["zeros", withRaw(Buffer.alloc(64))],
    ["r = n", withRaw(Buffer.concat([bytes(order), raw.subarray(32)]))],
    ["s = n", withRaw(Buffer.concat([raw.subarray(0, 32), bytes(order)]))],
    ["DER", withRaw(Buffer.concat([Buffer.of(0x30, 68, 2, 32), raw.subarray(0, 32), Buffer.of(2, 32), raw.subarray(32)]))],
  ]);
  assert.equal(await statusOf(withRaw(Buffer.concat([raw.subarray(0, 32), bytes(order - s)]))), 200);
});

test("times that are missing, odd or wrong are refused", async () => {
  const now = Math.floor(Date.now() / 1000);
  await refused([
    ...[undefined, "soon", -1, now + 0.5, 1e300, now - 600, null, true].map((exp) => [`exp ${exp}`, token({ exp })]),
    ["nbf in an hour", token({ nbf: now + 3600 })],
    ["iat tomorrow", token({ iat: now + 86_400 })],
  ]);
  assert.equal(await statusOf(await token({ exp: now - 5 })), 200);
});

test("another audience, issuer or role is refused; a list with ours is not", async () => {
  await refused([
    ...[undefined, "other", ["other"], [], 7].map((aud) => [`aud ${aud}`, token({ aud })]),
    ...[undefined, "https://other.supabase.example/auth/v1", `${issuer}/`, issuer.replace("https", "http"), "supabase"].map((iss) => [`iss ${iss}`, token({ iss })]),
    ...["anon", "service_role", "", ["authenticated"]].map((role) => [`role ${role}`, token({ role })]),
    ...[undefined, "", "not-a-uuid", 7, `${crypto.randomUUID()}\u0000`].map((sub) => [`sub ${sub}`, token({ sub })]),
    ["anonymous", token({ is_anonymous: true })],
    ["API key", token({ iss: "supabase", role: "anon", sub: undefined, aud: undefined, ref: "project" })],
  ]);
  assert.equal(await statusOf(await token({ aud: ["other", "authenticated"] })), 200);
});

test("claims that the user can edit give no right, and another's account in app_metadata none to a person's", async () => {
  const victim = new Client(server.url, await token());
  const owned = await victim.expect(200, "GET", "/v1/session");
  const thief = new Client(server.url, await token({ user_metadata: { role: "admin", accounts: [owned.account.external_id] }, app_metadata: { role: "admin", accounts: [owned.account.external_id] } }));
  assert.deepEqual((await thief.expect(200, "GET", "/v1/session")).roles, []);
  for (const name of [owned.account.id, owned.account.external_id])
    await thief.expect(403, "GET", "/v1/session", undefined, { "Redline-Account": name });
  await thief.expect(403, "GET", "/v1/admin/accounts");
});

test("a team named in the header is the caller's only when the token or the membership table says so", async () => {
  const team = crypto.randomUUID();
  const other = crypto.randomUUID();
  const sub = crypto.randomUUID();
  const member = new Client(server.url, await token({ sub, app_metadata: { accounts: [{ id: team, role: "member" }] } }));
  const own = await member.expect(200, "GET", "/v1/session");
  assert.equal(own.account.external_id, sub);
  const shared = await member.expect(200, "GET", "/v1/session", undefined, { "Redline-Account": team });
  assert.equal(shared.account.external_id, team);
  assert.equal(shared.account.role, "member");
  assert.notEqual(shared.account.id, own.account.id);
  // A member looks at the money and does not spend it.
  await member.expect(200, "GET", "/v1/balance", undefined, { "Redline-Account": team });
  const spend = await member.call("POST", "/v1/checkout", { sku: "hours-5" }, { "Redline-Account": team });
  assert.deepEqual([spend.status, spend.json.reason], [403, "insufficient_scope"]);
  await member.expect(403, "GET", "/v1/session", undefined, { "Redline-Account": other });
  // The owner of the same team does, by our id as well.
  const owner = new Client(server.url, await token({ app_metadata: { accounts: { [team]: "owner" } } }));
  await owner.expect(201, "POST", "/v1/checkout", { sku: "hours-5" }, { "Redline-Account": shared.account.id });
  // The next token without the team ends it.
  const later = new Client(server.url, await token({ sub }));
  await later.expect(403, "GET", "/v1/session", undefined, { "Redline-Account": team });
});

test("a changed e-mail is followed and is no key to another account", async () => {
  const sub = crypto.randomUUID();
  const first = await new Client(server.url, await token({ sub, email: "old@example.com" })).expect(200, "GET", "/v1/session");
  const second = await new Client(server.url, await token({ sub, email: "new@example.com" })).expect(200, "GET", "/v1/session");
  assert.equal(second.account.id, first.account.id);
  assert.equal(second.user.email, "new@example.com");
});

test("oversized, repeated and misplaced credentials are refused and never logged", async () => {
  const good = await token();
  const raw = (headers) =>
    new Promise((resolve, reject) => {
      const call = request(`${server.url}/v1/session`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on("error", reject);
      call.end();
    });
  assert.ok([401, 431].includes(await raw({ Authorization: `Bearer ${"x".repeat(100_000)}` })));
  assert.ok([401, 431].includes(await raw(Array.from({ length: 100 }, () => ["Authorization", `Bearer ${good.slice(0, 60)}`]).flat())));
  assert.equal(await raw({ Authorization: `Bearer ${good}`, Cookie: "rl_session=x" }), 401);
  assert.equal(await new Client(server.url).get(`/v1/session?access_token=${good}`).then((got) => got.status), 401);
  assert.equal(await raw(["Host", "x", "Authorization", `Bearer ${good}`, "Redline-Account", "a", "Redline-Account", "b"]), 401);
  await statusOf(`${good}x`);
  const log = readFileSync(join(server.data, "redline_web.log"), "utf8");
  for (const piece of parts(good).slice(1)) assert.ok(!log.includes(piece));
});

test("every refusal says the same and names the header's scheme", async () => {
  const texts = new Set();
  for (const bad of [await token({ role: "anon" }), await token({ aud: "x" }), await token({}, { kid: "none-such" }), "a.b.c"]) {
    const got = await new Client(server.url, bad).get("/v1/session");
    texts.add(`${got.json.reason} ${got.json.detail} ${got.headers.get("www-authenticate")}`);
  }
  assert.equal(texts.size, 1, [...texts].join("\n"));
  assert.match([...texts][0], /Bearer error="invalid_token"/);
});

test("after a sign-out every token of that session is refused", async () => {
  const session = { sub: crypto.randomUUID(), session_id: crypto.randomUUID() };
  const [one, two] = [await token(session), await token({ ...session, iat: Math.floor(Date.now() / 1000) - 1 })];
  assert.equal(await statusOf(two), 200);
  await new Client(server.url, one).expect(204, "POST", "/v1/auth/logout");
  assert.deepEqual([await statusOf(one), await statusOf(two)], [401, 401]);
});

test("the application beside us can deny a session and sync its members", async () => {
  const operator = await signIn(server.url, server.operator);
  const session = { sub: crypto.randomUUID(), session_id: crypto.randomUUID() };
  const user = new Client(server.url, await token(session));
  const { account } = await user.expect(200, "GET", "/v1/session");
  const team = crypto.randomUUID();
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [{ id: session.sub, role: "billing" }] });
  const seat = await user.expect(200, "GET", "/v1/session", undefined, { "Redline-Account": team });
  assert.deepEqual([seat.account.role, seat.account.name], ["billing", "Desk"]);
  await user.expect(403, "GET", "/v1/datasets", undefined, { "Redline-Account": team });
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [] });
  await user.expect(403, "GET", "/v1/session", undefined, { "Redline-Account": team });
  await operator.expect(204, "POST", "/v1/admin/denied-sessions", { session_id: session.session_id });
  await user.expect(401, "GET", "/v1/session");
  assert.ok(account.id);
});

test("a key set that cannot be had: 503 at first, the last good one afterwards, and health says so", async () => {
  answer = () => [302, "", { Location: "/elsewhere" }];
  const cold = await startServer({ env: env() });
  const before = fetches;
  const good = await token();
  for (let i = 0; i < 5; i += 1) {
    const got = await new Client(cold.url, good).get("/v1/session");
    assert.deepEqual([got.status, got.json.reason], [503, "identity_unavailable"]);
    assert.equal(got.headers.get("retry-after"), "30");
  }
  assert.equal(fetches - before, 1);
  const health = await new Client(cold.url).expect(200, "GET", "/health");
  assert.equal(health.components.jwks.status, "degraded");
  // Those who signed up here do not notice.
  await register(cold.url);
  await cold.stop();
  answer = () => [200, JSON.stringify(published)];
});

test("an answer that is too large or no key set is no key set", async () => {
  for (const body of [JSON.stringify({ ...published, padding: "x".repeat(100_000) }), "<html></html>", "{}"]) {
    answer = () => [200, body];
    const odd = await startServer({ env: env() });
    assert.equal((await new Client(odd.url, await token()).get("/v1/session")).status, 503);
    await odd.stop();
  }
  answer = () => [200, JSON.stringify(published)];
});

test("a key set over plain http of another machine, or without an issuer, does not start", async () => {
  for (const [more, word] of [
    [{ REDLINE_AUTH_JWKS_URL: "http://192.0.2.1/jwks.json", REDLINE_AUTH_ISSUER: issuer }, "auth.jwks_url"],
    [{ REDLINE_AUTH_JWKS_URL: "https://project.supabase.example/jwks.json" }, "auth.issuer"],
  ]) {
    const run = await redline(["check-config"], more);
    assert.equal(run.code, 2);
    assert.match(run.stderr, new RegExp(word));
  }
});
