// kill -9 while grants are given, with retries of what got an answer and of what did not: every key gives its time once.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { grant } from "../harness/client.mjs";
import { Ground, endsWithTheServer, spread } from "../harness/ground.mjs";

const rounds = 70;
const amount = 60_000;
const ground = new Ground();
after(() => ground.remove());

const acknowledged = new Map(); // key → grant id
const asked = new Map(); // key → account, answered or not

async function give(operator, account, lane, round) {
  // First again what the last rounds asked for: an unanswered key may be there or not, an answered one is.
  const mine = [...asked].filter(([, other]) => other === account).slice(-6);
  const keys = mine.map(([key]) => key);
  for (let i = 0; ; i += 1) {
    const key = keys[i] ?? `grant-${round}-${lane}-${i}`;
    asked.set(key, account);
    const given = await grant(operator, account, amount, key);
    if (acknowledged.has(key)) assert.equal(given.id, acknowledged.get(key), "the same key, the same grant");
    acknowledged.set(key, given.id);
  }
}

function checkEntries(entries) {
  const issued = entries.filter((entry) => entry.kind === "grant_issued");
  const ids = new Set(issued.map((entry) => entry.grant));
  assert.equal(ids.size, issued.length, "a grant is issued once");
  for (const [key, id] of acknowledged) assert.ok(ids.has(id), `${key} was acknowledged and is lost`);
  assert.ok(issued.length <= asked.size, `${issued.length} grants for ${asked.size} keys`);
  for (const entry of issued) assert.equal(entry.amount_ms, amount);
}

test(`${rounds} kills while grants are given`, async () => {
  await ground.people(4);
  await ground.killRounds(
    rounds,
    (round) => 40 + spread(round, 200),
    (server, round) => {
      const [operator, ...users] = ground.clients(server);
      // Two at a time for each account, so that commits hold several.
      return Promise.all([...users, ...users].map((user, lane) => endsWithTheServer(give(operator, user.account, lane, round))));
    },
    checkEntries,
  );
  assert.ok(acknowledged.size > rounds * 2, `there was load: ${acknowledged.size} grants`);
  ground.report("grant");
});
