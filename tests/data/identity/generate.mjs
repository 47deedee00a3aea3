// Writes tokens.json: tokens made by jose (and, where jose refuses to make such a thing, by node's
// own crypto) with fixed keys and times, and what must come of each.
//   node tests/data/identity/generate.mjs
import { createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { CompactSign, SignJWT, UnsecuredJWT, calculateJwkThumbprint, importJWK } from "jose";

const now = Date.parse("2026-11-22T10:00:00Z") / 1000;
const secret = "tests-only-Q7f2mZ0xK9sLr4Vb8Nw1Yc6Te3Hd5Jg";
const issuer = "https://abcdefghijklmnop.supabase.co/auth/v1";
const sub = "3f2b8c1e-5d4a-4f6b-9c7d-0a1b2c3d4e5f";
// The key pair of RFC 8037, appendix A.
const jwk = {
  kty: "OKP",
  crv: "Ed25519",
  d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};
const kid = await calculateJwkThumbprint(jwk);
const edKey = await importJWK(jwk, "EdDSA");
const hsKey = new TextEncoder().encode(secret);
const text = (value) => new TextEncoder().encode(value);
const b64 = (value) => Buffer.from(value).toString("base64url");
const mac = (signed, key = secret, hash = "sha256") => createHmac(hash, key).update(signed).digest("base64url");

const base = {
  iss: issuer, aud: "authenticated", sub, role: "authenticated", aal: "aal1",
  session_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7", email: "ada@example.com", phone: "",
  is_anonymous: false, iat: now - 60, exp: now + 3600,
};
const without = (name) => Object.fromEntries(Object.entries(base).filter(([key]) => key !== name));
const hs = (claims, header = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT", ...header }).sign(hsKey);
const hsText = (payload) => new CompactSign(text(payload)).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(hsKey);
// Any header and payload text, with a good HMAC.
const raw = (header, payload = JSON.stringify(base), key = secret, hash = "sha256") => {
  const signed = `${b64(header)}.${b64(payload)}`;
  return `${signed}.${mac(signed, key, hash)}`;
};
const withClaim = (name, json) => hsText(JSON.stringify(without(name)).replace(/}$/, `,"${name}":${json}}`));
const own = {
  iss: "redline", aud: "redline", sub: "usr_01KBN5E1W0000000000000000A", acc: "acc_01KBN5E1W0000000000000000B",
  sid: "ses_01KBN5E1W0000000000000000C", iat: now - 10, exp: now + 890,
};
const ed = (claims, header = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", kid, typ: "JWT", ...header }).sign(edKey);

const good = await hs(base);
const goodOwn = await ed(own);
const [goodHead, goodBody, goodSignature] = good.split(".");
const [ownHead, ownBody, ownSignature] = goodOwn.split(".");
const privatePem = createPrivateKey({ key: jwk, format: "jwk" });
const publicPem = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: jwk.x }, format: "jwk" }).export({ type: "spki", format: "pem" });
const publicRaw = Buffer.from(jwk.x, "base64url");
const flip = (part, at) => part.slice(0, at) + (part[at] === "A" ? "B" : "A") + part.slice(at + 1);
// The same 256 bits, with other bits in the unused end of the last digit.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const uncanonical = (part) => part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)) + 1];
// S + L in place of S: the same signature to a careless verifier.
const highS = (signature) => {
  const bytes = Buffer.from(signature, "base64url");
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  let s = 0n;
  for (let i = 63; i >= 32; --i) s = (s << 8n) | BigInt(bytes[i]);
  s += order;
  for (let i = 32; i < 64; ++i, s >>= 8n) bytes[i] = Number(s & 255n);
  return bytes.toString("base64url");
};
const header = (more) => JSON.stringify({ alg: "HS256", typ: "JWT", ...more });
const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
const signWith = (claims, head) => {
  const signed = `${b64(JSON.stringify(head))}.${b64(JSON.stringify(claims))}`;
  return `${signed}.${sign(null, Buffer.from(signed), privatePem).toString("base64url")}`;
};

const ok = "ok", bad = "token_invalid", late = "token_expired";
const listed = [
  ["HS256 access token of the application", ok, good],
  ["kid of a shared secret", ok, await hs(base, { kid: "9j6Zr4kl+WkZ1xQ" })],
  ["no typ", ok, raw('{"alg":"HS256"}')],
  ["aud is a list with ours", ok, await hs({ ...base, aud: ["other", "authenticated"] })],
  ["sub in upper case", ok, await hs({ ...base, sub: sub.toUpperCase() })],
  ["user_metadata that asks for more", ok, await hs({ ...base, user_metadata: { role: "admin" }, app_metadata: { accounts: ["other"] } })],
  ["no session_id and no email", ok, await hs((({ session_id, email, ...rest }) => rest)(base))],
  ["own EdDSA access token", ok, goodOwn],
  ["expired within the skew", ok, await hs({ ...base, exp: now - 29 })],
  ["expired beyond the skew", late, await hs({ ...base, exp: now - 31 })],
  ["own token that has expired", late, await ed({ ...own, exp: now - 1 })],

  ["alg none", bad, new UnsecuredJWT(base).encode()],
  ["alg none with the old signature", bad, `${b64('{"alg":"none","typ":"JWT"}')}.${goodBody}.${goodSignature}`],
  ...["None", "nOnE", "NONE", "hs256", "HS384", "HS512", "RS256", "ES256", "ES384", "PS256", "Ed25519", ""].map((alg) => [`alg ${alg || "empty"}`, bad, raw(JSON.stringify({ alg, typ: "JWT" }))]),
  ["alg HS512 with a good HS512", bad, raw('{"alg":"HS512","typ":"JWT"}', JSON.stringify(base), secret, "sha512")],
  ["alg missing", bad, raw('{"typ":"JWT"}')],
  ["alg a number", bad, raw('{"alg":256,"typ":"JWT"}')],
  ["alg a list", bad, raw('{"alg":["HS256"],"typ":"JWT"}')],
  ["alg twice", bad, raw('{"alg":"HS256","alg":"HS256","typ":"JWT"}')],
  ["HS256 with the public key's PEM as secret", bad, raw(header({}), JSON.stringify(base), publicPem)],
  ["HS256 with the public key's bytes as secret", bad, raw(header({ kid }), JSON.stringify(own), publicRaw)],
  ["HS256 with the public key's JWK text as secret", bad, raw(header({ kid }), JSON.stringify(own), jwk.x)],
  ["HS256 header over an EdDSA signature", bad, `${b64(header({ kid }))}.${ownBody}.${ownSignature}`],
  ["EdDSA header over an HS256 signature", bad, `${ownHead}.${goodBody}.${mac(`${ownHead}.${goodBody}`)}`],
  ["another secret", bad, raw(header({}), JSON.stringify(base), secret + "x")],
  ["the secret decoded from base64", bad, raw(header({}), JSON.stringify(base), Buffer.from(secret, "base64"))],
  ["own claims under the shared secret", bad, await hs(own, { kid })],
  ["external claims under our own key", bad, await ed(base)],

  ["EdDSA with an unknown kid", bad, await ed(own, { kid: "other" })],
  ["EdDSA without kid", bad, signWith(own, { alg: "EdDSA", typ: "JWT" })],
  ...[["a path", "../../dev/null"], ["an absolute path", "/etc/passwd"], ["SQL", "x' OR '1'='1"], ["empty", ""], ["200 long", "k".repeat(200)], ["a number", 7], ["null", null], ["a list", ["a"]]].map(([what, value]) => [`kid is ${what}`, bad, raw(header({ kid: value }))]),
  ["kid of 10 KB", bad, raw(header({ kid: "k".repeat(10_000) }))],
  ["kid twice", bad, raw('{"alg":"HS256","kid":"a","kid":"b"}')],
  ...[["jwk", { kty: "oct", k: b64("attacker-attacker-attacker-attacker") }], ["jku", "https://attacker.example/jwks.json"], ["x5u", "https://attacker.example/cert.pem"], ["x5c", ["MIIB"]], ["crit", ["exp"]], ["crit", []], ["b64", false], ["zip", "DEF"]].map(([name, value]) => [`header ${name} ${JSON.stringify(value).slice(0, 20)}`, bad, raw(header({ [name]: value }))]),
  ["own jwk that made the signature", bad, signWith(own, { alg: "EdDSA", kid: "attacker", jwk: { kty: "OKP", crv: "Ed25519", x: jwk.x } })],
  ["typ JOSE", bad, raw('{"alg":"HS256","typ":"JOSE"}')],
  ["typ a number", bad, raw('{"alg":"HS256","typ":1}')],
  ["header a list", bad, raw('["HS256"]')],
  ["header not JSON", bad, raw("alg=HS256")],
  ["header with a byte order mark", bad, raw('\uFEFF{"alg":"HS256"}')],

  ["two parts", bad, `${goodHead}.${goodBody}`],
  ["four parts", bad, `${good}.x`],
  ["five parts, as a JWE", bad, `${good}.x.y`],
  ["trailing dot", bad, `${good}.`],
  ["leading space", bad, ` ${good}`],
  ["trailing space", bad, `${good} `],
  ["trailing line feed", bad, `${good}\n`],
  ["empty", bad, ""],
  ["three empty parts", bad, ".."],
  ["empty signature", bad, `${goodHead}.${goodBody}.`],
  ["nested token", bad, raw(header({ cty: "JWT" }), good)],
  ["padding", bad, `${goodHead}.${goodBody}.${goodSignature}=`],
  ["standard base64 alphabet", bad, `${goodHead}.${goodBody}.${Buffer.from(goodSignature, "base64url").toString("base64")}`],
  ["last digit of the signature not canonical", bad, `${goodHead}.${goodBody}.${uncanonical(goodSignature)}`],
  ["last digit of an EdDSA signature not canonical", bad, `${ownHead}.${ownBody}.${uncanonical(ownSignature)}`],
  ["one flipped digit in the payload", bad, `${goodHead}.${flip(goodBody, 20)}.${goodSignature}`],
  ["one flipped digit in the signature", bad, `${goodHead}.${goodBody}.${flip(goodSignature, 5)}`],
  ["signature cut", bad, good.slice(0, -4)],
  ["EdDSA signature with S + L", bad, `${ownHead}.${ownBody}.${highS(ownSignature)}`],
  ["EdDSA signature of zeros", bad, `${ownHead}.${ownBody}.${b64(Buffer.alloc(64))}`],
  ["EdDSA signature of 63 bytes", bad, `${ownHead}.${ownBody}.${b64(Buffer.from(ownSignature, "base64url").subarray(0, 63))}`],
  ["over 8 KiB", bad, await hs({ ...base, padding: "x".repeat(8_000) })],
  ["20 KB", bad, await hs({ ...base, padding: "x".repeat(20_000) })],

  ["exp missing", bad, await hs(without("exp"))],
  ...['"1800000000"', "-1", "1795341600.5", "1e300", "1e9", "null", "true", "[]", "99999999999999999999", "9223372036854775807"].map((json) => [`exp is ${json}`, bad, withClaim("exp", json)]),
];
const cases = await Promise.all(listed.map(async ([name, expect, token]) => ({ name, expect, token: await token })));

for (const [name, json, expect] of [
  ["exp", "0", late],
  ["nbf", String(now + 29), ok], ["nbf", String(now + 31), bad], ["nbf", '"soon"', bad],
  ["iat", String(now + 29), ok], ["iat", String(now + 86_400), bad], ["iat", "1.5", bad],
  ["aud", '"other"', bad], ["aud", '["other"]', bad], ["aud", "[]", bad], ["aud", "7", bad], ["aud", '["authenticated",7]', bad],
  ["iss", '"https://other.supabase.co/auth/v1"', bad], ["iss", `"${issuer}/"`, bad],
  ["iss", `"${issuer.replace("https", "http")}"`, bad], ["iss", '"supabase"', bad], ["iss", "[]", bad],
  ["role", '"anon"', bad], ["role", '"service_role"', bad], ["role", '["authenticated"]', bad],
  ["sub", '""', bad], ["sub", '"not-a-uuid"', bad], ["sub", `"${sub}\\u0000"`, bad], ["sub", `"{${sub}}"`, bad], ["sub", "1", bad],
  ["is_anonymous", "true", bad], ["is_anonymous", '"true"', bad],
  ["app_metadata", nested(20), ok], ["app_metadata", nested(100), bad],
])
  cases.push({ name: `${name} is ${json.slice(0, 40)}`, expect, token: await withClaim(name, json) });
for (const name of ["aud", "iss", "role", "sub"])
  cases.push({ name: `${name} missing`, expect: bad, token: await hs(without(name)) });
const body = JSON.stringify(base);
for (const [name, payload] of [
  ["payload names exp twice", body.replace(/}$/, `,"exp":${now + 9_999}}`)],
  ["payload names a member of a member twice", body.replace(/}$/, ',"app_metadata":{"a":1,"a":2}}')],
  ["payload with invalid UTF-8", Buffer.concat([Buffer.from(body.slice(0, -1) + ',"x":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])],
  ["payload with a raw NUL", body.replace("ada", "a\0a")],
  ["payload with text after it", `${body} x`],
  ["payload is a list", `[${body}]`],
  ["payload is empty", ""],
])
  cases.push({ name, expect: bad, token: raw(header({}), payload) });
// The project's API keys: the same secret, ten years, nobody's.
for (const role of ["anon", "service_role"])
  cases.push({ name: `API key ${role}`, expect: bad, token: await hs({ iss: "supabase", ref: "abcdefghijklmnop", role, iat: now - 1000, exp: now + 315_360_000 }) });
for (const [name, claims] of [
  ["own token of another issuer", { ...own, iss: "redline2" }],
  ["own token for another audience", { ...own, aud: "authenticated" }],
  ["own token without sid", (({ sid, ...rest }) => rest)(own)],
  ["own token whose sid is a user", { ...own, sid: own.sub }],
  ["own token without exp", (({ exp, ...rest }) => rest)(own)],
  ["own token from the future", { ...own, iat: now + 3_600 }],
])
  cases.push({ name, expect: bad, token: await ed(claims) });

const out = { now, issuer, subject: sub, hs256_secret: secret, ed25519_public: jwk.x, kid, sid: own.sid, cases };
writeFileSync(new URL("tokens.json", import.meta.url), `${JSON.stringify(out, null, 1)}\n`);
console.log(`${cases.length} cases`);
