// Writes key_sets.json: key sets as issuers publish them, tokens that jose signed with their keys,
// and what must come of each. New keys at each run; times are fixed.
//   node tests/data/identity/generate_key_sets.mjs
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from "jose";

const now = Date.parse("2026-11-22T10:00:00Z") / 1000;
const issuer = "https://abcdefghijklmnop.supabase.co/auth/v1";
const claims = {
  iss: issuer, aud: "authenticated", sub: "3f2b8c1e-5d4a-4f6b-9c7d-0a1b2c3d4e5f", role: "authenticated",
  session_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7", email: "ada@example.com", is_anonymous: false,
  iat: now - 60, exp: now + 3600,
};
const b64 = (value) => Buffer.from(value).toString("base64url");

async function pair(alg, kid, options = {}) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig", key_ops: ["verify"] };
  const pem = await exportSPKI(publicKey);
  const token = (more = {}, header = {}) =>
    new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg, kid, typ: "JWT", ...header }).sign(privateKey);
  return { privateKey, jwk, pem, token };
}
const es = await pair("ES256", "es-1");
const rs = await pair("RS256", "rs-1");
const ed = await pair("EdDSA", "ed-1", { crv: "Ed25519" });
const es384 = await pair("ES384", "es-384");
const ps = await pair("PS256", "ps-1");
const stranger = await pair("ES256", "es-1");

// RSA of 1024 bits, which jose refuses to make.
const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
const weakJwk = { ...weak.publicKey.export({ format: "jwk" }), kid: "weak", alg: "RS256", use: "sig" };
const signRaw = (key, header) => {
  const signed = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
};
const withSignature = (token, change) => {
  const [head, body, signature] = token.split(".");
  return `${head}.${body}.${change(Buffer.from(signature, "base64url")).toString("base64url")}`;
};
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const number = (bytes) => BigInt(`0x${bytes.toString("hex")}`);
const bytes32 = (value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const halves = (signature) => [number(signature.subarray(0, 32)), number(signature.subarray(32))];
const der = (signature) => {
  const integer = (part) => {
    let at = 0;
    while (at < 31 && part[at] === 0) at += 1;
    const body = part[at] & 0x80 ? Buffer.concat([Buffer.of(0), part.subarray(at)]) : part.subarray(at);
    return Buffer.concat([Buffer.of(2, body.length), body]);
  };
  const inner = Buffer.concat([integer(signature.subarray(0, 32)), integer(signature.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, inner.length), inner]);
};
const hmac = (secret, header) => {
  const signed = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
};

const good = await es.token();
const ok = "ok", bad = "token_invalid";
const cases = [
  ["ES256", ok, good],
  ["RS256", ok, await rs.token()],
  ["EdDSA", ok, await ed.token()],
  ["ES256 with the other s (n - s)", ok, withSignature(good, (s) => { const [r, v] = halves(s); return Buffer.concat([bytes32(r), bytes32(order - v)]); })],
  ["ES256 signature in DER", bad, withSignature(good, der)],
  ["ES256 signature of 63 bytes", bad, withSignature(good, (s) => s.subarray(0, 63))],
  ["ES256 signature of 65 bytes", bad, withSignature(good, (s) => Buffer.concat([s, Buffer.of(0)]))],
  ["ES256 signature of zeros", bad, withSignature(good, () => Buffer.alloc(64))],
  ["ES256 with r = 0", bad, withSignature(good, (s) => Buffer.concat([Buffer.alloc(32), s.subarray(32)]))],
  ["ES256 with s = 0", bad, withSignature(good, (s) => Buffer.concat([s.subarray(0, 32), Buffer.alloc(32)]))],
  ["ES256 with r = n", bad, withSignature(good, (s) => Buffer.concat([bytes32(order), s.subarray(32)]))],
  ["ES256 with s = n", bad, withSignature(good, (s) => Buffer.concat([s.subarray(0, 32), bytes32(order)]))],
  ["ES256 with r of all ones", bad, withSignature(good, (s) => Buffer.concat([Buffer.alloc(32, 255), s.subarray(32)]))],
  ["RS256 signature cut", bad, withSignature(await rs.token(), (s) => s.subarray(0, 255))],
  ["RS256 signature of zeros", bad, withSignature(await rs.token(), (s) => Buffer.alloc(s.length))],
  ["EdDSA signature of zeros", bad, withSignature(await ed.token(), (s) => Buffer.alloc(s.length))],
  ["another's key of the same kid", bad, await stranger.token()],
  ["kid of another key", bad, await es.token({}, { kid: "rs-1" })],
  ["unknown kid", bad, await es.token({}, { kid: "es-2" })],
  ["kid missing", bad, await es.token({}, { kid: undefined })],
  ["RS256 over the EC key's name", bad, await rs.token({}, { kid: "es-1" })],
  ["ES384", bad, await es384.token()],
  ["PS256", bad, await ps.token()],
  ["PS256 signature called RS256", bad, (await ps.token({}, { kid: "rs-1" })).replace(/^[^.]+/, b64('{"alg":"RS256","kid":"rs-1","typ":"JWT"}'))],
  ["RSA key of 1024 bits", bad, signRaw(weak.privateKey, { alg: "RS256", kid: "weak", typ: "JWT" })],
  ["HS256 with the EC key's PEM", bad, hmac(es.pem, { alg: "HS256", kid: "es-1", typ: "JWT" })],
  ["HS256 with the EC key's JWK", bad, hmac(JSON.stringify(es.jwk), { alg: "HS256", kid: "es-1", typ: "JWT" })],
  ["HS256 with the RSA key's PEM", bad, hmac(rs.pem, { alg: "HS256", kid: "rs-1", typ: "JWT" })],
  ["HS256 with the RSA key's PEM without its last line end", bad, hmac(rs.pem.trim(), { alg: "HS256", kid: "rs-1", typ: "JWT" })],
  ["HS256 with the set's shared secret", bad, hmac(Buffer.alloc(32, 7), { alg: "HS256", kid: "shared", typ: "JWT" })],
].map(([name, expect, token]) => ({ name, expect, token }));

const point = (more) => ({ ...es.jwk, kid: "x", ...more });
// None of these may become a key.
const ignored = [
  ["RSA of 1024 bits", weakJwk],
  ["RSA with an even exponent", { ...rs.jwk, kid: "x", e: b64(Buffer.of(4)) }],
  ["RSA with exponent 1", { ...rs.jwk, kid: "x", e: b64(Buffer.of(1)) }],
  ["RSA with a huge exponent", { ...rs.jwk, kid: "x", e: b64(Buffer.alloc(64, 255)) }],
  ["RSA of 16 K bits", { ...rs.jwk, kid: "x", n: b64(Buffer.alloc(2048, 255)) }],
  ["RSA without n", { ...rs.jwk, kid: "x", n: undefined }],
  ["RSA for PS256", ps.jwk],
  ["RSA for HS256", { ...rs.jwk, kid: "x", alg: "HS256" }],
  ["point off the curve", point({ y: es.jwk.x })],
  ["point at zero", point({ x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) })],
  ["short coordinate", point({ x: b64(Buffer.from(es.jwk.x, "base64url").subarray(1)) })],
  ["coordinate in standard base64", point({ x: `${es.jwk.x}=` })],
  ["P-384", es384.jwk],
  ["P-256 for ES384", point({ alg: "ES384" })],
  ["P-256 under another curve's name", point({ crv: "P-521" })],
  ["shared secret", { kty: "oct", k: b64(Buffer.alloc(32, 7)), kid: "shared", alg: "HS256" }],
  ["private part", { ...(await exportJWK(es.privateKey)), kid: "x", alg: "ES256" }],
  ["use enc", point({ use: "enc" })],
  ["key_ops without verify", point({ key_ops: ["sign"] })],
  ["kid missing", point({ kid: undefined })],
  ["kid a path", point({ kid: "../../dev/null" })],
  ["kid a number", point({ kid: 7 })],
  ["kid of 200 characters", point({ kid: "k".repeat(200) })],
  ["Ed25519 key of 31 bytes", { ...ed.jwk, kid: "x", x: b64(Buffer.alloc(31, 1)) }],
  ["Ed448", { ...ed.jwk, kid: "x", crv: "Ed448" }],
  ["kty missing", point({ kty: undefined })],
  ["kty a list", point({ kty: ["EC"] })],
].map(([name, jwk]) => ({ name, jwk }));

const rotation = {
  standby: { keys: [es.jwk, rs.jwk] },
  revoked: { keys: [rs.jwk] },
  old: await es.token(),
  next: await rs.token(),
};
const set = { keys: [es.jwk, rs.jwk, ed.jwk, ...ignored.map((one) => one.jwk)] };
writeFileSync(
  new URL("key_sets.json", import.meta.url),
  `${JSON.stringify({ now, issuer, set, cases, ignored, rotation }, null, 1)}\n`,
);
