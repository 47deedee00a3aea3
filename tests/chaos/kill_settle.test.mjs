// kill -9 while use is settled: an entry that anybody has seen stays, no second is billed twice, and nobody is billed for
// longer than they were there.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { grant } from "../harness/client.mjs";
import { Ground, endsWithTheServer, spread } from "../harness/ground.mjs";

const rounds = 90;
const minProof = 1000;
const ground = new Ground({ REDLINE_METERING_IDLE_GAP_MS: "300", REDLINE_METERING_SETTLE_INTERVAL_MS: "50" });
after(() => ground.remove());

// Of each account: keys of entries it has seen, and the stretches of time in which it was there.
const seen = new Map();
const there = new Map();

async function use(client) {
  const stretch = { from: Date.now(), to: Date.now() + minProof };
  const stretches = there.get(client.account) ?? [];
  there.set(client.account, [...stretches, stretch]);
  const keys = seen.get(client.account) ?? new Set();
  seen.set(client.account, keys);
  for (;;) {
    // Also when no answer comes: the proof may have been taken.
    const asked = client.call("POST", "/v1/beats");
    await asked.finally(() => (stretch.to = Date.now() + minProof));
    for (const entry of (await client.expect(200, "GET", "/v1/ledger?limit=5")).data) keys.add(entry.key);
  }
}

function unionOf(stretches) {
  let total = 0;
  let until = 0;
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    total += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return total;
}

function checkEntries(entries) {
  const known = new Set(entries.map((entry) => entry.key));
  for (const keys of seen.values()) for (const key of keys) assert.ok(known.has(key), `${key} was seen and is lost`);
  for (const [account, stretches] of there) {
    const mine = entries.filter((entry) => entry.account === account);
    const burned = mine.reduce((sum, { to, from, amount_ms: ms }) => sum + (to === "consumed" ? ms : from === "consumed" ? -ms : 0), 0);
    // Each stretch may begin and end inside a millisecond.
    assert.ok(burned <= unionOf(stretches) + stretches.length, `${burned} ms billed, ${unionOf(stretches)} ms there`);
  }
}

test(`${rounds} kills while use is settled`, async () => {
  await ground.people(6);
  const server = await ground.start();
  const [operator, ...users] = ground.clients(server);
  for (const user of users) await grant(operator, user.account, 36_000_000, `start-${user.account}`);
  await server.crash();
  await ground.killRounds(
    rounds,
    (round) => 60 + spread(round, 300),
    (started) => Promise.all(ground.clients(started).slice(1).map((user) => endsWithTheServer(use(user)))),
    checkEntries,
  );
  const charged = ground.entries.filter((entry) => entry.kind === "run_charged");
  assert.ok(charged.length > rounds, `there was load: ${charged.length} debits`);
  ground.report("settle");
});
