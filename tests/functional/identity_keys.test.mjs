// Where the keys of the application beside us come from: which are used, when they are fetched, what happens when they
// cannot be had. What takes longer than a test may (an hour without the issuer) is in jwks_source_test.cpp, on its own clock.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, register } from "../harness/client.mjs";
import { Issuer, makeKey, refused, statusOf } from "../harness/issuer.mjs";
import { freshFolder, redline, removeFolder, startServer, until } from "../harness/server.mjs";

let issuer;
let rotating; // its server is up while the other tests run: half a minute passes between two fetches
let aged;
before(async () => {
  [issuer, rotating] = await Promise.all([new Issuer().start(), new Issuer().start()]);
  aged = await startServer({ env: rotating.env });
  assert.equal(await statusOf(aged, await rotating.token()), 200);
});
after(async () => {
  await aged?.stop();
  issuer?.stop();
  rotating?.stop();
});

async function withServer(env, work) {
  const server = await startServer({ env });
  try {
    await work(server);
  } finally {
    await server.stop();
    issuer.publish(Object.values(issuer.keys).map((key) => key.jwk));
  }
}

test("a key that is weak, even, off its curve, symmetric, private, doubled or for another use is ignored", async () => {
  const { es, rs } = issuer.keys;
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const sound = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const twins = [await makeKey("ES256", "twin"), await makeKey("ES256", "twin")];
  const encrypting = await makeKey("ES256", "encrypting");
  const mislabelled = await makeKey("ES256", "mislabelled");
  const bad = { ...es.jwk, kid: "off", y: es.jwk.x };
  issuer.publish([
    es.jwk,
    { ...weak.publicKey.export({ format: "jwk" }), kid: "weak", alg: "RS256", use: "sig" },
    { ...sound.publicKey.export({ format: "jwk" }), e: "AAQ", kid: "even", alg: "RS256", use: "sig" },
    { ...sound.publicKey.export({ format: "jwk" }), e: "AQ", kid: "one", alg: "RS256", use: "sig" },
    bad,
    { kty: "oct", k: Buffer.from("a-secret-in-the-open-0123456789abcdef").toString("base64url"), kid: "oct", alg: "HS256" },
    { ...sound.privateKey.export({ format: "jwk" }), kid: "private", alg: "RS256" },
    ...twins.map((key) => key.jwk),
    { ...encrypting.jwk, use: "enc" },
    { ...mislabelled.jwk, alg: "RS256" },
    { ...rs.jwk, kid: "../rs" },
    "no key", null, {},
  ]);
  await withServer(issuer.env, async (server) => {
    assert.equal(await statusOf(server, await issuer.token()), 200, "the good one among them is used");
    await refused(server, [
      ["RSA of 1024 bits", issuer.rsaSigned({ alg: "RS256", kid: "weak" }, weak.privateKey)],
      ["an even exponent", issuer.rsaSigned({ alg: "RS256", kid: "even" }, sound.privateKey)],
      ["an exponent of one", issuer.rsaSigned({ alg: "RS256", kid: "one" }, sound.privateKey)],
      ["a point off the curve", issuer.token({}, { kid: "off" })],
      ["a symmetric key in public", issuer.forged({ alg: "HS256", kid: "oct" }, "a-secret-in-the-open-0123456789abcdef")],
      ["a private key in public", issuer.rsaSigned({ alg: "RS256", kid: "private" }, sound.privateKey)],
      ...twins.map((key, i) => [`twin ${i}`, issuer.token({}, {}, key)]),
      ["a key for encryption", issuer.token({}, {}, encrypting)],
      ["a key of another algorithm's name", issuer.token({}, {}, mislabelled)],
    ]);
  });
});

test("many who come at once with kids unheard of share one fetch", async () => {
  let open;
  const held = new Promise((resolve) => (open = resolve));
  const body = JSON.stringify(issuer.published);
  issuer.answer = (response) => void held.then(() => response.end(body));
  const before = issuer.fetches;
  await withServer(issuer.env, async (server) => {
    const asked = Promise.all(Array.from({ length: 40 }, async (_, i) => statusOf(server, await issuer.token({}, i % 2 ? {} : { kid: `unheard-${i}` }))));
    await until("the fetch", () => issuer.fetches > before);
    open();
    assert.deepEqual(await asked, Array.from({ length: 40 }, (_, i) => (i % 2 ? 200 : 401)));
    assert.equal(issuer.fetches - before, 1);
  });
});

test("without a key set: redirects, errors and silence give 503 after one call, health says so, our own users do not notice", async () => {
  let elsewhere = 0;
  const other = createServer((_, response) => {
    elsewhere += 1;
    response.end(JSON.stringify(issuer.published));
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  for (const answer of [
    (response) => response.writeHead(302, { Location: `http://127.0.0.1:${other.address().port}/jwks.json` }).end(),
    (response) => response.writeHead(500).end(),
    () => {}, // given up after two seconds
  ]) {
    issuer.answer = answer;
    const before = issuer.fetches;
    await withServer(issuer.env, async (cold) => {
      const good = await issuer.token();
      for (let i = 0; i < 5; i += 1) {
        const got = await new Client(cold.url, good).get("/v1/session");
        assert.deepEqual([got.status, got.json.reason], [503, "identity_unavailable"]);
        assert.equal(got.headers.get("retry-after"), "30");
      }
      assert.equal(issuer.fetches - before, 1);
      const health = await new Client(cold.url).expect(200, "GET", "/health");
      assert.equal(health.components.jwks.status, "degraded");
      await register(cold.url);
    });
  }
  other.close();
  assert.equal(elsewhere, 0, "redirects are not followed");
});

test("an answer over 64 KiB, with a length or without, or no key set is no key set", async () => {
  const large = JSON.stringify({ ...issuer.published, padding: "x".repeat(65_536) });
  for (const answer of [
    (response) => response.end(large),
    (response) => {
      response.write(large.slice(0, 40_000));
      response.end(large.slice(40_000));
    },
    (response) => response.end("<html></html>"),
    (response) => response.end("{}"),
    (response) => response.end(""),
  ]) {
    issuer.answer = answer;
    await withServer(issuer.env, async (odd) => assert.equal(await statusOf(odd, await issuer.token()), 503));
  }
});

test("a static set needs no issuer on the line", async () => {
  const folder = freshFolder();
  const file = join(folder, "keys.json");
  writeFileSync(file, JSON.stringify(issuer.published));
  const before = issuer.fetches;
  await withServer({ REDLINE_AUTH_JWKS_FILE: file, REDLINE_AUTH_ISSUER: issuer.name }, async (server) => {
    for (const key of [issuer.keys.es, issuer.keys.rs, issuer.keys.ed]) assert.equal(await statusOf(server, await issuer.token({}, {}, key)), 200, key.alg);
    await refused(server, [["unknown kid", issuer.token({}, { kid: "other" })]]);
  });
  assert.equal(issuer.fetches, before);
  removeFolder(folder);
});

test("a key set over plain http of another machine, or without an issuer, does not start", async () => {
  for (const [more, word] of [
    [{ REDLINE_AUTH_JWKS_URL: "http://192.0.2.1/jwks.json", REDLINE_AUTH_ISSUER: issuer.name }, "auth.jwks_url"],
    [{ REDLINE_AUTH_JWKS_URL: "http://localhost.evil.example/jwks.json", REDLINE_AUTH_ISSUER: issuer.name }, "auth.jwks_url"],
    [{ REDLINE_AUTH_JWKS_URL: "file:///etc/passwd", REDLINE_AUTH_ISSUER: issuer.name }, "auth.jwks_url"],
    [{ REDLINE_AUTH_JWKS_URL: "https://project.supabase.example/jwks.json" }, "auth.issuer"],
  ]) {
    const run = await redline(["check-config"], more);
    assert.equal(run.code, 2, JSON.stringify(more));
    assert.match(run.stderr, new RegExp(word));
  }
});

test("rotation: a key published on standby is good before it signs, and the last good set outlives a failing issuer", async () => {
  const next = await makeKey("ES256", "next");
  rotating.publish([rotating.keys.es.jwk, next.jwk]);
  await until("the new key to be taken, half a minute after the last fetch", async () => (await statusOf(aged, await rotating.token({}, {}, next))) === 200, 90);
  assert.equal(await statusOf(aged, await rotating.token()), 200, "the old one still signs");
  assert.equal(rotating.fetches, 2);
  await refused(aged, [["a key that was taken out", rotating.token({}, {}, rotating.keys.rs)]]);
  rotating.says(500, "");
  for (const key of [next, rotating.keys.es]) assert.equal(await statusOf(aged, await rotating.token({}, {}, key)), 200);
  await refused(aged, [["unknown to the last good set", rotating.token({}, { kid: "later" })]]);
});
