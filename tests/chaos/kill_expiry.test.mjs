// kill -9 while grants expire: what falls due while nothing runs expires at the next start, once, in whole, however often
// the server dies over it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Ground, endsWithTheServer, pause, spread } from "../harness/ground.mjs";

const rounds = 60;
const amount = 60_000;
const ground = new Ground({ REDLINE_METERING_IDLE_GAP_MS: "300", REDLINE_METERING_SETTLE_INTERVAL_MS: "50" });
after(() => ground.remove());

const expiries = new Map(); // grant id → its expiry

async function give(operator, account, lane, round) {
  for (let i = 0; ; i += 1) {
    const expires = Date.now() + 500;
    const wanted = { account_id: account, amount_ms: amount, kind: "manual", reason: "short", expires_at: new Date(expires).toISOString() };
    const given = await operator.call("POST", "/v1/admin/grants", wanted, { "Idempotency-Key": `short-${round}-${lane}-${i}` });
    assert.equal(given.status, 201, given.text);
    expiries.set(given.json.id, expires);
  }
}

// Burns what is about to expire.
async function use(client) {
  for (;;) await client.call("POST", "/v1/beats");
}

function left(entries, id) {
  const mine = entries.filter((entry) => entry.grant === id);
  return mine.reduce((sum, { to, from, amount_ms: ms }) => sum + (to === "available" ? ms : from === "available" ? -ms : 0), 0);
}

function checkEntries(entries) {
  const ended = new Map();
  for (const entry of entries.filter(({ kind }) => kind === "grant_expired")) {
    assert.ok(!ended.has(entry.grant), `${entry.grant} expired twice`);
    ended.set(entry.grant, entry);
    if (expiries.has(entry.grant)) assert.ok(entry.at / 1000 >= expiries.get(entry.grant), "nothing expires before its time");
  }
  const issued = new Set(entries.filter(({ kind }) => kind === "grant_issued").map(({ grant }) => grant));
  for (const id of expiries.keys()) assert.ok(issued.has(id), "an acknowledged grant is there");
}

test(`${rounds} kills while grants expire`, async () => {
  await ground.people(3);
  await ground.killRounds(
    rounds,
    // The sweep of a start is early; the load needs longer.
    (round) => (round % 2 === 0 ? spread(round, 40) : 40 + spread(round, 300)),
    (server, round) => {
      const [operator, ...users] = ground.clients(server);
      const lanes = [...users, ...users].map((user, lane) => give(operator, user.account, lane, round));
      return Promise.all([...lanes, ...users.map(use)].map(endsWithTheServer));
    },
    checkEntries,
  );
  const before = ground.entries.filter(({ kind }) => kind === "grant_expired").length;
  assert.ok(before > 0, "some expired between the kills");
  // Everything is due now: one start that may live sweeps the rest.
  await pause(6_000);
  const server = await ground.start();
  await pause(1_500);
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  const entries = await ground.check();
  checkEntries(entries);
  for (const id of expiries.keys()) assert.equal(left(entries, id), 0, `${id} is due and has time left`);
  ground.report("expiry");
});
