// The application beside us: jose signs its tokens, a server on loopback publishes its keys.
import { createHmac, sign } from "node:crypto";
import { createServer } from "node:http";
import { CompactSign, SignJWT, exportJWK, exportSPKI, generateKeyPair } from "jose";
import { Client } from "./client.mjs";

export const b64 = (value) => Buffer.from(value).toString("base64url");
export const parts = (text) => text.split(".");
const bytes = (text) => new TextEncoder().encode(text);

export async function makeKey(alg, kid, options) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { alg, kid, privateKey, pem: await exportSPKI(publicKey), jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

export class Issuer {
  name = "https://project.supabase.example/auth/v1";
  fetches = 0;

  async start() {
    this.keys = {
      es: await makeKey("ES256", "es"),
      rs: await makeKey("RS256", "rs"),
      ed: await makeKey("EdDSA", "ed", { crv: "Ed25519" }),
      es384: await makeKey("ES384", "es384"),
      ps: await makeKey("PS256", "ps"),
    };
    this.publish(Object.values(this.keys).map((key) => key.jwk));
    this.server = createServer((request, response) => {
      this.fetches += 1;
      this.answer(response, request);
    });
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  // From now on it answers like this. `answer`: (response, request).
  says(status, body, headers) {
    this.answer = (response) => response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);
  }
  publish(keys) {
    this.published = { keys };
    this.says(200, JSON.stringify(this.published));
  }

  get env() {
    return { REDLINE_AUTH_JWKS_URL: `${this.url}/jwks.json`, REDLINE_AUTH_ISSUER: this.name };
  }

  claims(more = {}) {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.name, aud: "authenticated", sub: crypto.randomUUID(), role: "authenticated", aal: "aal1", session_id: crypto.randomUUID(),
      email: "a@example.com", phone: "", is_anonymous: false, iat: now, exp: now + 600, ...more,
    };
  }
  token(more = {}, header = {}, key = this.keys.es) {
    return new SignJWT(this.claims(more)).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT", ...header }).sign(key.privateKey);
  }
  // Any bytes as payload, well signed.
  signed(payload, key = this.keys.es) {
    return new CompactSign(typeof payload === "string" ? bytes(payload) : payload).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT" }).sign(key.privateKey);
  }
  // Any header over the claims, under an HMAC of `secret`.
  forged(header, secret, hash = "sha256") {
    const text = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(this.claims()))}`;
    return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
  }
  // Any header, signed by node itself: with keys that jose refuses to use.
  rsaSigned(header, privateKey) {
    const text = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(this.claims()))}`;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
  }
}

export async function statusOf(server, text, headers) {
  return (await new Client(server.url, text).get("/v1/session", headers)).status;
}
// Every row [name, token] of them is refused.
export async function refused(server, rows) {
  if (rows.length === 0) throw new Error("no rows");
  for (const [name, text] of rows) {
    const status = await statusOf(server, await text);
    if (status !== 401) throw new Error(`${name}: ${status}, not 401`);
  }
}
