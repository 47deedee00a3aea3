// The one decision at the door, as a table: identity → origin and role → limit → subscription → balance. Every outcome
// has its own status and reason, brings what its reader needs (where to sign in, how long to wait, where to pay) and
// nothing that belongs to another.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { grant, register, signIn } from "../harness/client.mjs";
import { freshFolder, removeFolder, startServer, until } from "../harness/server.mjs";

const quota = 30; // requests an hour, of which a row uses one
let server;
const people = {};

async function cookieOf(who) {
  const login = await fetch(`${server.url}/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: who.email, password: who.password }) });
  return login.headers.getSetCookie().map((one) => one.split(";")[0]).find((one) => one.startsWith("rl_session="));
}

async function useUp(who) {
  for (let i = 0; i <= quota; i += 1) if ((await who.get("/v1/session")).status === 429) return;
  throw new Error("the limit was never reached");
}

before(async () => {
  const folder = freshFolder();
  const config = join(folder, "redline.toml");
  writeFileSync(config, `[[plans]]\nid = "free"\nname = "Free"\nrequests = ["${quota}/hour"]\ntrial_hours = 0\n`);
  server = await startServer({ args: ["--config", config] });
  removeFolder(folder);
  const operator = await signIn(server.url, server.operator);
  for (const name of ["rich", "never", "spent", "hurried", "hurriedAndPoor"]) people[name] = await register(server.url);
  for (const name of ["rich", "hurried"]) await grant(operator, people[name].account, 3_600_000);
  await grant(operator, people.spent.account, 1_000);
  await people.spent.expect(204, "GET", "/v1/authz");
  await until("the last second to be gone", async () => (await people.spent.get("/v1/balance")).json.remaining_seconds === 0);
  people.rich.cookie = await cookieOf(people.rich);
  people.operator = operator;
  await useUp(people.hurried);
  await useUp(people.hurriedAndPoor);
  people.nobody = {};
  people.stranger = { token: "no-token-of-ours" };
});
after(async () => server.stop());

const metered = ["GET", "/v1/authz"];
const free = ["GET", "/v1/session"];
const operators = ["GET", "/v1/admin/accounts"];
const change = ["POST", "/v1/auth/logout"];

// who, what, headers besides → status, reason
const table = [
  ["nobody", metered, {}, 401, "unauthenticated"],
  ["nobody", free, {}, 401, "unauthenticated"],
  ["nobody", operators, {}, 401, "unauthenticated"],
  ["stranger", metered, {}, 401, "token_invalid"],
  ["stranger", operators, {}, 401, "token_invalid"],
  ["rich", metered, { Cookie: "rl_session=another" }, 401, "unauthenticated"], // two credentials are none
  ["rich", metered, {}, 204],
  ["rich", free, {}, 200],
  ["rich", operators, {}, 403, "forbidden"],
  ["never", operators, {}, 403, "forbidden"], // who may not is not asked to pay for it
  ["hurried", operators, {}, 403, "forbidden"], // nor to come back later
  ["operator", operators, {}, 200],
  ["cookie of rich", change, {}, 403, "csrf_invalid"],
  ["cookie of rich", metered, {}, 204],
  ["hurried", metered, {}, 429, "rate_limited"],
  ["hurried", free, {}, 429, "rate_limited"],
  ["hurriedAndPoor", metered, {}, 429, "rate_limited"], // waiting comes before paying: money would not help now
  ["never", metered, {}, 402, "subscription_required"],
  ["never", free, {}, 200], // at zero everybody can look and pay
  ["spent", metered, {}, 402, "hours_exhausted"],
  ["spent", free, {}, 200],
];

for (const [who, [method, path], headers, status, reason] of table) {
  test(`${who}: ${method} ${path} ${JSON.stringify(headers)} → ${status} ${reason ?? ""}`, async () => {
    const name = who.replace("cookie of ", "");
    const credential = who === name ? (people[name].token ? { Authorization: `Bearer ${people[name].token}` } : {}) : { Cookie: people[name].cookie };
    const answer = await fetch(server.url + path, { method, headers: { ...credential, ...headers } });
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    const problem = status >= 400 ? JSON.parse(text) : {};
    assert.equal(problem.reason, reason);
    assert.equal(answer.headers.has("www-authenticate"), status === 401);
    assert.equal(answer.headers.has("retry-after"), status === 429);
    assert.equal("retry_after_seconds" in problem, status === 429);
    assert.equal("checkout_url" in problem, status === 402);
    const admitted = status < 400 && path === "/v1/authz";
    assert.equal(answer.headers.has("redline-remaining-seconds"), admitted);
    // Whoever is known hears of the limit; who was turned away before it was looked at does not.
    if ([200, 204, 402, 429].includes(status)) assert.match(answer.headers.get("ratelimit"), /r=\d+/);
    if (admitted) {
      assert.ok(Number(answer.headers.get("redline-remaining-seconds")) > 0);
      const again = await fetch(server.url + path, { headers: credential });
      assert.match(again.headers.get("redline-run"), /^run_/, "the second request is part of the run that the first began");
    }
  });
}
