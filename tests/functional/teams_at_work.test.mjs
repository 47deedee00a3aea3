// Members of a team at work at the same time: billed as one, side by side, or at most n at a time, as the plan says.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { grant, register, signIn } from "../harness/client.mjs";
import { outboxToken } from "../harness/mailbox.mjs";
import { freshFolder, removeFolder, startServer, until } from "../harness/server.mjs";

const data = freshFolder();
const servers = [];
after(async () => {
  for (const server of servers) await server.stop();
  removeFolder(data);
});

// A server whose first plan, that of every new team, has the rule.
async function serverWith(rule) {
  const config = join(data, `${servers.length}.toml`);
  writeFileSync(config, `[[plans]]\nid = "free"\nname = "Free"\nrequests = ["6000/minute"]\nconcurrent_queries = 4\n${rule}\n`);
  const server = await startServer({ data: join(data, String(servers.length)), args: ["--config", config] });
  servers.push(server);
  return server;
}

// Members of one new team, as clients that act for it.
async function team(server, size, ms) {
  const operator = await signIn(server.url, server.operator);
  const owner = await register(server.url);
  const { id } = await owner.expect(201, "POST", "/v1/teams", { name: "Desk" });
  const as = { "Redline-Account": id };
  const members = [owner];
  while (members.length < size) {
    const guest = await register(server.url);
    await owner.expect(201, "POST", "/v1/invitations", { email: guest.email, role: "member" }, as);
    await guest.expect(200, "POST", "/v1/invitations/accept", { token: await outboxToken(server, guest.email, "invitation") });
    members.push(guest);
  }
  await grant(operator, id, ms);
  return { as, members, look: (path) => owner.expect(200, "GET", path, undefined, as) };
}

// An answer that lasts until the time is up.
function work(server, member, as) {
  return fetch(`${server.url}/v1/query`, {
    method: "POST",
    headers: { ...as, Authorization: `Bearer ${member.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ sql: "SELECT sum(hash(i)) FROM range(100000000000) t(i)", timeout_ms: 60_000 }),
  }).then(async (answer) => [answer.status, await answer.json()]);
}

async function burnTogether(rule, size, rate) {
  const server = await serverWith(rule);
  const { as, members, look } = await team(server, size, 12_000);
  const answers = members.map((member) => work(server, member, as));
  const seen = await until("all of them to burn", async () => {
    const now = await look("/v1/balance");
    return now.rate === rate && now;
  });
  const left = Date.parse(seen.exhausts_at) - Date.parse(seen.as_of);
  assert.ok(Math.abs(left - seen.remaining_ms / rate) <= 1, `${left} ms for ${seen.remaining_ms} at ${rate}`);
  for (const [status, body] of await Promise.all(answers)) assert.deepEqual([status, body.reason], [402, "hours_exhausted"]);
  const ends = await look("/v1/balance");
  assert.deepEqual([ends.remaining_ms, ends.state, ends.rate], [0, "exhausted", 0]);
  const runs = await until("the runs to be settled", async () => {
    const { data } = await look("/v1/runs");
    return data.reduce((sum, run) => sum + run.billed_ms, 0) === 12_000 && data;
  });
  for (const run of runs) {
    const { lines, billed_ms } = await look(`/v1/runs/${run.id}`);
    assert.equal(lines.reduce((sum, line) => sum + line.ms, 0), billed_ms);
  }
  return { runs, members };
}

test("per_user: each member's time counts, at twice the rate, and both are cut at the same instant", async () => {
  const { runs, members } = await burnTogether('concurrency = "per_user"', 2, 2);
  assert.deepEqual(new Set(runs.map((run) => run.member)), new Set(members.map((member) => member.user.id)));
  for (const run of runs) assert.ok(run.billed_ms > 0 && run.billed_ms < 12_000);
});

test("max_n: of three members two are billed at a time", async () => {
  const { runs } = await burnTogether('concurrency = "max_n"\nmax_parallel = 2', 3, 2);
  assert.deepEqual(runs.map((run) => run.max_parallel), [2, 2, 2]);
  assert.ok(runs.some((run) => run.unbilled_reason === "max_parallel" && run.unbilled_ms > 1_000));
});

test("union, which is the default: a second of a team is billed once", async () => {
  const { runs } = await burnTogether("", 2, 1);
  assert.deepEqual(runs.map((run) => run.member), [null]);
});
