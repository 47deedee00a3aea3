// Request limits: by address for whoever shows no credential, by plan for whoever does; 429 and 402 never mixed.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, register } from "../harness/client.mjs";
import { freshFolder, removeFolder, startServer } from "../harness/server.mjs";

let server;
before(async () => {
  const folder = freshFolder();
  const config = join(folder, "redline.toml");
  writeFileSync(config, '[limits]\nanonymous = ["3/hour"]\nguesses = ["12/hour"]\n[[plans]]\nid = "free"\nname = "Free"\nrequests = ["5/hour"]\ntrial_hours = 1\n');
  server = await startServer({ args: ["--config", config], env: { REDLINE_LIMITS_GUESSES: "12/hour", REDLINE_LIMITS_ANONYMOUS: "3/hour" } });
  removeFolder(folder);
});
after(async () => server.stop());

// D27, D28: the limits exist, and users behind one address do not share one bucket.
test("signed-in users have their plan's limit each, whatever their common address did", async () => {
  const open = new Client(server.url);
  const people = [await register(server.url), await register(server.url), await register(server.url)];
  for (let i = 0; i < 3; i += 1) await open.expect(401, "GET", "/v1/session");
  const refused = await open.call("GET", "/v1/session");
  assert.deepEqual([refused.status, refused.json.reason], [429, "rate_limited"]);
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  await open.expect(200, "GET", "/health");
  for (const client of people) {
    for (let left = 4; left >= 0; left -= 1) {
      const answer = await client.get("/v1/session");
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("ratelimit"), new RegExp(`;r=${left};`));
      assert.match(answer.headers.get("ratelimit-policy"), /q=5;w=3600/);
    }
    const sixth = await client.get("/v1/session");
    assert.deepEqual([sixth.status, sixth.json.reason], [429, "rate_limited"]);
  }
});

test("guessing tokens is stopped, and says 429 instead of 401 from then on", async () => {
  const statuses = [];
  for (let i = 0; i < 16; i += 1) statuses.push((await new Client(server.url, `guess-${i}`).get("/v1/session")).status);
  assert.deepEqual([...new Set(statuses)], [401, 429]);
  assert.equal(statuses.indexOf(429), 12);
});
