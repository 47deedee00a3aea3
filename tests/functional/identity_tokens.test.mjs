// Tokens of the application beside us against the real binary. Each test is a row of the table of what may come; what
// concerns the keys and where they come from is in identity_keys, what lasts in identity_streams.
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CompactEncrypt, SignJWT, UnsecuredJWT } from "jose";
import { exchangeBytes } from "../harness/applications.mjs";
import { Client, signIn } from "../harness/client.mjs";
import { Issuer, b64, makeKey, parts, refused as refusedBy, statusOf as statusAt } from "../harness/issuer.mjs";
import { startServer } from "../harness/server.mjs";

const secret = "a-shared-secret-of-the-tests-0123456789";
let issuer;
let keys;
let server; // public keys only
let shared; // a shared secret only
before(async () => {
  issuer = await new Issuer().start();
  keys = issuer.keys;
  server = await startServer({ env: issuer.env });
  shared = await startServer({ env: { MAKERKIT_JWT_SECRET: secret, REDLINE_AUTH_ISSUER: issuer.name } });
});
after(async () => {
  await Promise.all([server?.stop(), shared?.stop()]);
  issuer?.stop();
});

const token = (more, header, key) => issuer.token(more, header, key);
const statusOf = (text, headers) => statusAt(server, text, headers);
const refused = (rows) => refusedBy(server, rows);
const secondsNow = () => Math.floor(Date.now() / 1000);

test("tokens of every published algorithm get in", async () => {
  for (const key of [keys.es, keys.rs, keys.ed]) assert.equal(await statusOf(await token({}, {}, key)), 200, key.alg);
});

test("alg none in any spelling, missing or a number is refused", async () => {
  const [, body, signature] = parts(await token());
  await refused([
    ["unsecured", new UnsecuredJWT(issuer.claims()).encode()],
    ...["none", "None", "nOnE", 256, null].flatMap((alg) => ["", signature].map((end) => [`${alg} ${end}`, `${b64(JSON.stringify({ alg, kid: "es", typ: "JWT" }))}.${body}.${end}`])),
    ["missing", `${b64(JSON.stringify({ kid: "es", typ: "JWT" }))}.${body}.${signature}`],
  ]);
});

test("HS256 with a public key as its secret, in PEM, DER, JWK or bare numbers, is refused", async () => {
  const rows = [keys.es, keys.rs, keys.ed].flatMap((key) => {
    const der = createPublicKey(key.pem).export({ type: "spki", format: "der" });
    const forms = { PEM: key.pem, trimmed: key.pem.trim(), DER: der, JWK: JSON.stringify(key.jwk) };
    for (const name of ["n", "x", "y"]) if (key.jwk[name]) Object.assign(forms, { [name]: key.jwk[name], [`${name} bytes`]: Buffer.from(key.jwk[name], "base64url") });
    return Object.entries(forms).map(([form, text]) => [`${key.alg} ${form}`, issuer.forged({ alg: "HS256", kid: key.kid, typ: "JWT" }, text)]);
  });
  assert.ok(rows.length >= 20);
  await refused(rows);
});

test("no algorithm stands for another: public keys where a secret is configured, a secret where keys are, ES384, PS256, HS512", async () => {
  await refused([
    ["HS256 when none is configured", issuer.forged({ alg: "HS256", typ: "JWT" }, secret)],
    ["ES384", token({}, {}, keys.es384)],
    ["PS256", token({}, {}, keys.ps)],
    ["PS256 by the RS256 key's name", token({}, { kid: "rs" }, keys.ps)],
    ["ES256 by the RSA key's name", token({}, { kid: "rs" })],
    ["RS256 by the EC key's name", token({}, { kid: "es" }, keys.rs)],
  ]);
  const hs = (alg) => new SignJWT(issuer.claims()).setProtectedHeader({ alg, typ: "JWT" }).sign(new TextEncoder().encode(secret.repeat(2)));
  assert.equal(await statusAt(shared, issuer.forged({ alg: "HS256", typ: "JWT" }, secret)), 200);
  await refusedBy(shared, [
    ...[keys.es, keys.rs, keys.ed].map((key) => [key.alg, token({}, {}, key)]),
    ...[["HS384", "sha384"], ["HS512", "sha512"]].map(([alg, hash]) => [alg, issuer.forged({ alg, typ: "JWT" }, secret, hash)]),
    ["HS512 by jose", hs("HS512")],
  ]);
});

test("a kid that is unknown, missing, a path, SQL, 10 KB or no text is refused with one fetch at most", async () => {
  const [, body, signature] = parts(await token());
  assert.equal(await statusOf(await token()), 200);
  const before = issuer.fetches;
  await refused([
    ...["other", "../../dev/null", "/etc/passwd", "x' OR '1'='1", "k".repeat(5_000), 7, null, ["es"], ""].map((kid) => [
      String(kid).slice(0, 20),
      `${b64(JSON.stringify({ alg: "ES256", kid, typ: "JWT" }))}.${body}.${signature}`,
    ]),
    ["missing with several keys", token({}, { kid: undefined })],
  ]);
  const huge = await statusOf(`${b64(JSON.stringify({ alg: "ES256", kid: "k".repeat(10_240), typ: "JWT" }))}.${body}.${signature}`);
  assert.ok([401, 431].includes(huge), `10 KB: ${huge}`);
  for (let i = 0; i < 50; i += 1) await refused([["flood", token({}, { kid: `invented-${i}` })]]);
  assert.ok(issuer.fetches - before <= 1, `${issuer.fetches - before} fetches`);
});

test("a token that brings its own key, crit, b64 or zip is refused and nobody is called", async () => {
  let calls = 0;
  const trap = createServer((_, response) => {
    calls += 1;
    response.end(JSON.stringify(issuer.published));
  });
  await new Promise((resolve) => trap.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${trap.address().port}/keys`;
  const attacker = await makeKey("ES256", "attacker");
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = { ...publicKey.export({ format: "jwk" }), kid: "es", alg: "RS256" };
  const [, body, signature] = parts(await token());
  await refused([
    ...[{ jwk: keys.es.jwk }, { jku: url }, { x5u: url }, { x5c: ["MIIB"] }, { crit: ["exp"] }, { crit: [] }, { b64: false, crit: ["b64"] }, { b64: false }, { zip: "DEF" }].map((more) => [
      JSON.stringify(more).slice(0, 30),
      `${b64(JSON.stringify({ alg: "ES256", kid: "es", typ: "JWT", ...more }))}.${body}.${signature}`,
    ]),
    ...[{ jwk: attacker.jwk }, { jku: url }, { x5u: url }].flatMap((more) => ["es", "attacker"].map((kid) => [`signed ${JSON.stringify(more).slice(0, 20)} ${kid}`, token({}, { kid, ...more }, attacker)])),
    ["signed by its own jwk", issuer.rsaSigned({ alg: "RS256", kid: "rs", typ: "JWT", jwk: own }, privateKey)],
  ]);
  trap.close();
  assert.equal(calls, 0);
});

test("an encrypted, nested, cut, spaced or padded token is refused", async () => {
  const good = await token();
  const [head, body, signature] = parts(good);
  const jwe = await new CompactEncrypt(Buffer.from(good)).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(Buffer.alloc(32, 1));
  assert.equal(parts(jwe).length, 5);
  await refused([
    ["JWE", jwe],
    ["nested", issuer.signed(good)],
    ["two parts", `${head}.${body}`],
    ["four parts", `${good}.${signature}`],
    ["trailing dot", `${good}.`],
    ["leading dot", `.${good}`],
    ["leading space", ` ${good}`],
    ["leading tab", `\t${good}`],
    ["inner space", `${head}. ${body}.${signature}`],
    ["space and a word behind it", `${good} x`],
    ["padding", `${good}==`],
    ["cut", good.slice(0, -5)],
  ]);
  // Spaces at the end of a header's value are not part of it (RFC 9110, 5.5); in a cookie they are no token either.
  const raw = await exchangeBytes(server.url, `GET /v1/session HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer ${good} \t \r\n\r\n`);
  assert.match(raw, /^HTTP\/1\.1 200 /);
  assert.equal(await statusAt(server, undefined, { Cookie: `rl_session="${good} "` }), 401);
});

test("an ES256 signature in DER, of wrong length, of zeros or beyond n is refused; a high s is not", async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = (value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
  const [head, body, text] = parts(await token());
  const raw = Buffer.from(text, "base64url");
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
  const number = BigInt(`0x${s.toString("hex")}`);
  const withRaw = (...pieces) => `${head}.${body}.${Buffer.concat(pieces).toString("base64url")}`;
  const integer = (part) => Buffer.concat([Buffer.of(2, 32 + (part[0] >> 7)), part[0] >> 7 ? Buffer.of(0) : Buffer.alloc(0), part]);
  const inner = Buffer.concat([integer(r), integer(s)]);
  await refused([
    ["63 bytes", withRaw(raw.subarray(1))],
    ["65 bytes", withRaw(raw, Buffer.alloc(1))],
    ["128 bytes", withRaw(Buffer.alloc(32), r, Buffer.alloc(32), s)],
    ["no bytes", `${head}.${body}.`],
    ["zeros", withRaw(Buffer.alloc(64))],
    ["r = 0", withRaw(Buffer.alloc(32), s)],
    ["s = 0", withRaw(r, Buffer.alloc(32))],
    ["r = n", withRaw(bytes(order), s)],
    ["s = n", withRaw(r, bytes(order))],
    ["all ones", withRaw(Buffer.alloc(64, 255))],
    ["DER", withRaw(Buffer.of(0x30, inner.length), inner)],
  ]);
  assert.equal(await statusOf(withRaw(r, bytes(order - number))), 200, "the other s");
});

test("exp that is missing, text, negative, a float, 1e300 or past, nbf and iat in the future are refused", async () => {
  const now = secondsNow();
  const withNumber = (text) => issuer.signed(JSON.stringify(issuer.claims({ exp: 0 })).replace('"exp":0', `"exp":${text}`));
  await refused([
    ...[undefined, "soon", `${now + 600}`, -1, now + 0.5, now - 600, null, true, [now + 600]].map((exp) => [`exp ${exp}`, token({ exp })]),
    ...["1e300", "1e10", `${now + 600}.0`, "99999999999999999999", "9223372036854775807", "-0"].map((text) => [`exp ${text}`, withNumber(text)]),
    ["nbf in an hour", token({ nbf: now + 3600 })],
    ["nbf of text", token({ nbf: "soon" })],
    ["iat tomorrow", token({ iat: now + 86_400 })],
    ["iat of half a second", token({ iat: now - 0.5 })],
  ]);
  assert.equal(await statusOf(await token({ exp: now - 5 })), 200, "within the skew");
  assert.equal(await statusOf(await token({ iat: now + 5, nbf: now + 5 })), 200, "within the skew");
});

test("aud that is missing, other or a list without ours, and iss of another project, with a slash or http are refused", async () => {
  await refused([
    ...[undefined, "", "other", ["other"], [], 7, ["authenticated", 7]].map((aud) => [`aud ${aud}`, token({ aud })]),
    ...[undefined, "https://other.supabase.example/auth/v1", `${issuer.name}/`, issuer.name.replace("https", "http"), issuer.name.toUpperCase(), "supabase", [issuer.name]].map((iss) => [`iss ${iss}`, token({ iss })]),
  ]);
  assert.equal(await statusOf(await token({ aud: ["other", "authenticated"] })), 200);
});

test("role anon or service_role, sub missing, no uuid or empty, doubled keys, deep nesting, bad UTF-8 and NUL are refused", async () => {
  const text = JSON.stringify(issuer.claims());
  const nested = (depth) => `${text.slice(0, -1)},"app_metadata":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  await refused([
    ...["anon", "service_role", "", ["authenticated"], undefined].map((role) => [`role ${role}`, token({ role })]),
    ...[undefined, "", "not-a-uuid", 7, `${crypto.randomUUID()}\u0000`, `{${crypto.randomUUID()}}`].map((sub) => [`sub ${sub}`, token({ sub })]),
    ["anonymous", token({ is_anonymous: true })],
    ...["anon", "service_role"].map((role) => [`API key ${role}`, token({ iss: "supabase", role, sub: undefined, aud: undefined, ref: "project", exp: secondsNow() + 315_360_000 })]),
    ["exp twice", issuer.signed(text.replace(/}$/, `,"exp":${secondsNow() + 9_999}}`))],
    ["sub twice", issuer.signed(text.replace(/}$/, `,"sub":"${crypto.randomUUID()}"}`))],
    ["a member's member twice", issuer.signed(text.replace(/}$/, ',"app_metadata":{"a":1,"a":2}}'))],
    ["100 levels", issuer.signed(nested(100))],
    ["2000 levels", issuer.signed(nested(2_000))],
    ["invalid UTF-8", issuer.signed(Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.of(0xc3, 0x28), Buffer.from('"}')]))],
    ["a bare NUL", issuer.signed(text.replace("a@example.com", "a\0@example.com"))],
    ["text behind it", issuer.signed(`${text} x`)],
    ["a list", issuer.signed(`[${text}]`)],
    ["nothing", issuer.signed("")],
  ]);
  assert.equal(await statusOf(await issuer.signed(nested(20))), 200);
});

test("user_metadata that asks for more and another's account in app_metadata give no right", async () => {
  const victim = new Client(server.url, await token());
  const owned = await victim.expect(200, "GET", "/v1/session");
  const thief = new Client(server.url, await token({ user_metadata: { role: "admin", accounts: [owned.account.external_id] }, app_metadata: { role: "admin", accounts: [owned.account.external_id] } }));
  assert.deepEqual((await thief.expect(200, "GET", "/v1/session")).roles, []);
  for (const name of [owned.account.id, owned.account.external_id])
    await thief.expect(403, "GET", "/v1/session", undefined, { "Redline-Account": name });
  await thief.expect(403, "GET", "/v1/admin/accounts");
});

test("a token of A with the account header of B is 403, and so is a member without billing who moves money", async () => {
  const [team, other, sub] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  const as = { "Redline-Account": team };
  const member = new Client(server.url, await token({ sub, app_metadata: { accounts: [{ id: team, role: "member" }] } }));
  const own = await member.expect(200, "GET", "/v1/session");
  assert.equal(own.account.external_id, sub);
  const seat = await member.expect(200, "GET", "/v1/session", undefined, as);
  assert.deepEqual([seat.account.external_id, seat.account.role], [team, "member"]);
  assert.notEqual(seat.account.id, own.account.id);
  // A member looks at the money and does not move it.
  await member.expect(200, "GET", "/v1/balance", undefined, as);
  const spend = await member.call("POST", "/v1/checkout", { sku: "hours-5" }, as);
  assert.deepEqual([spend.status, spend.json.reason], [403, "insufficient_scope"]);
  const undo = await member.call("POST", "/v1/admin/grants", { account_id: seat.account.id, amount_ms: 1, kind: "manual", reason: "x" }, as);
  assert.deepEqual([undo.status, undo.json.reason], [403, "forbidden"]);
  await member.expect(403, "GET", "/v1/session", undefined, { "Redline-Account": other });
  // The owner of the same team does, by our id as well.
  const owner = new Client(server.url, await token({ app_metadata: { accounts: { [team]: "owner" } } }));
  await owner.expect(201, "POST", "/v1/checkout", { sku: "hours-5" }, { "Redline-Account": seat.account.id });
  // The next token without the team ends it.
  const later = new Client(server.url, await token({ sub }));
  await later.expect(403, "GET", "/v1/session", undefined, as);
});

test("a changed e-mail is followed and is no key to another account", async () => {
  const sub = crypto.randomUUID();
  const session = async (claims) => new Client(server.url, await token(claims)).expect(200, "GET", "/v1/session");
  const first = await session({ sub, email: "old@example.com" });
  const second = await session({ sub, email: "new@example.com" });
  assert.equal(second.account.id, first.account.id);
  assert.equal(second.user.email, "new@example.com");
  const heir = await session({ email: "new@example.com" });
  assert.notEqual(heir.account.id, first.account.id);
  assert.equal((await session({ sub, email: "" })).account.id, first.account.id);
});

test("1 MB of token, 100 headers, cookie and header both, and a token in the query are refused and never logged", async () => {
  const good = await token();
  const ask = async (head) => Number(/^HTTP\/1\.1 (\d+) /.exec(await exchangeBytes(server.url, `GET /v1/session HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${head}\r\n`))[1]);
  for (const [name, head] of [
    ["1 MB", `Authorization: Bearer ${good}${"x".repeat(1 << 20)}\r\n`],
    ["100 KB", `Authorization: Bearer ${"x".repeat(100_000)}\r\n`],
    ["9 KB", `Authorization: Bearer ${good}${"x".repeat(9_000)}\r\n`],
    ["100 headers", `Authorization: Bearer ${good.slice(0, 60)}\r\n`.repeat(100)],
    ["two headers", `Authorization: Bearer ${good}\r\n`.repeat(2)],
  ])
    assert.ok([401, 431].includes(await ask(head)), name);
  assert.equal(await ask(`Authorization: Bearer ${good}\r\nCookie: rl_session=x\r\n`), 401);
  assert.equal(await ask(`Authorization: Bearer ${good}\r\nRedline-Account: a\r\nRedline-Account: b\r\n`), 401);
  for (const name of ["access_token", "token", "jwt"]) assert.equal(await new Client(server.url).get(`/v1/session?${name}=${good}`).then((got) => got.status), 401);
  await statusOf(`${good}x`);
  const log = readFileSync(join(server.data, "redline_web.log"), "utf8");
  for (const piece of parts(good).slice(1)) assert.ok(!log.includes(piece));
});

test("every refusal says the same and names the header's scheme", async () => {
  const texts = new Set();
  for (const bad of [await token({ role: "anon" }), await token({ aud: "x" }), await token({}, { kid: "none-such" }), issuer.forged({ alg: "HS256" }, keys.es.pem), "a.b.c"]) {
    const got = await new Client(server.url, bad).get("/v1/session");
    texts.add(`${got.json.reason} ${got.json.detail} ${got.headers.get("www-authenticate")}`);
  }
  assert.equal(texts.size, 1, [...texts].join("\n"));
  assert.match([...texts][0], /Bearer error="invalid_token"/);
});

test("after a sign-out, here or told by the application, every token of that session is refused", async () => {
  const pair = async () => {
    const session = { sub: crypto.randomUUID(), session_id: crypto.randomUUID() };
    return [session, await token(session), await token({ ...session, iat: secondsNow() - 1 })];
  };
  const [, one, two] = await pair();
  assert.equal(await statusOf(two), 200);
  await new Client(server.url, one).expect(204, "POST", "/v1/auth/logout");
  assert.deepEqual([await statusOf(one), await statusOf(two)], [401, 401]);
  const operator = await signIn(server.url, server.operator);
  const [session, three, four] = await pair();
  assert.equal(await statusOf(three), 200);
  await operator.expect(204, "POST", "/v1/admin/denied-sessions", { session_id: session.session_id });
  assert.deepEqual([await statusOf(three), await statusOf(four)], [401, 401]);
  assert.equal(await statusOf(await token({ sub: session.sub })), 200, "another session of the same user goes on");
});

test("the application beside us syncs its members", async () => {
  const operator = await signIn(server.url, server.operator);
  const [team, sub] = [crypto.randomUUID(), crypto.randomUUID()];
  const as = { "Redline-Account": team };
  const user = new Client(server.url, await token({ sub }));
  await user.expect(200, "GET", "/v1/session");
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [{ id: sub, role: "billing" }] });
  const seat = await user.expect(200, "GET", "/v1/session", undefined, as);
  assert.deepEqual([seat.account.role, seat.account.name], ["billing", "Desk"]);
  await user.expect(403, "GET", "/v1/datasets", undefined, as);
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [] });
  await user.expect(403, "GET", "/v1/session", undefined, as);
});
