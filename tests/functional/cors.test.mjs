// Other origins: only those that the configuration lists, and never with a wildcard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "../harness/server.mjs";

let server;
before(async () => (server = await startServer({ env: { CORS_ORIGINS: "https://app.example.com" } })));
after(async () => server.stop());

function preflight(origin) {
  return fetch(`${server.url}/v1/query`, {
    method: "OPTIONS",
    headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type" },
  });
}

test("a listed origin may call with credentials, and its preflight is cached", async () => {
  const answer = await preflight("https://app.example.com");
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get("access-control-allow-origin"), "https://app.example.com");
  assert.equal(answer.headers.get("access-control-allow-credentials"), "true");
  assert.match(answer.headers.get("access-control-allow-methods"), /POST/);
  assert.match(answer.headers.get("access-control-allow-headers").toLowerCase(), /authorization/);
  assert.ok(Number(answer.headers.get("access-control-max-age")) > 0);
});

test("another origin gets no permission", async () => {
  for (const origin of ["https://evil.example.com", "null", "https://app.example.com.evil.com"]) {
    const answer = await preflight(origin);
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
    const read = await fetch(`${server.url}/v1/plans`, { headers: { Origin: origin } });
    assert.equal(read.headers.get("access-control-allow-origin"), null);
  }
});

test("answers carry the security headers", async () => {
  const answer = await fetch(`${server.url}/`);
  assert.match(answer.headers.get("content-security-policy"), /script-src 'self'(;|$)/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.match(answer.headers.get("content-security-policy"), /frame-ancestors 'none'/);
  // A browser renews what it keeps with the headers of "not modified".
  const again = await fetch(`${server.url}/`, { headers: { "If-None-Match": answer.headers.get("etag") } });
  assert.equal(again.status, 304);
  assert.equal(again.headers.get("content-security-policy"), answer.headers.get("content-security-policy"));
  const data = await fetch(`${server.url}/v1/plans`);
  assert.match(data.headers.get("content-security-policy"), /default-src 'none'/);
});
