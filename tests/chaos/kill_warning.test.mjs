// kill -9 while balances fall to a level: the mail of a crossing is queued with the movement that crossed it, once, or
// neither is there.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { Ground, endsWithTheServer, spread } from "../harness/ground.mjs";

const rounds = 40;
// Nobody listens there: what is queued stays.
const ground = new Ground({ SMTP_URL: "smtp://127.0.0.1:1", SMTP_FROM: "Redline <redline@example.com>" });
after(() => ground.remove());

function inStore(work) {
  const store = new DatabaseSync(join(ground.data, "redline.db"));
  try {
    return work(store);
  } finally {
    store.close();
  }
}

// Time comes and goes again, above the level and down to nothing; first what the kill before left.
async function upAndDown(operator, user) {
  const revoke = ({ id }) => operator.expect(200, "POST", `/v1/admin/grants/${id}`, { change: "revoke", reason: "a test" });
  for (const left of (await user.expect(200, "GET", "/v1/balance")).grants) await revoke(left);
  for (;;) await revoke(await operator.expect(201, "POST", "/v1/admin/grants", { account_id: user.account, amount_ms: 600_000, reason: "a test" }));
}

function crossingsOf(entries, account) {
  let crossings = 0;
  let left = 0;
  for (const entry of entries) {
    if (entry.account !== account) continue;
    crossings += left > 0 && entry.available_after_ms === 0 ? 1 : 0;
    left = entry.available_after_ms;
  }
  return crossings;
}

test(`${rounds} kills while balances fall to nothing`, async () => {
  await ground.people(4);
  const [, ...users] = ground.people_;
  inStore((store) => store.exec("UPDATE users SET email_verified = 1"));
  let all = 0;
  await ground.killRounds(
    rounds,
    (round) => 200 + spread(round, 300),
    (started) => {
      const [operator, ...clients] = ground.clients(started);
      return Promise.all(clients.map((client) => endsWithTheServer(upAndDown(operator, client))));
    },
    (entries) => {
      all = 0;
      for (const [i, user] of users.entries()) {
        const crossings = crossingsOf(entries, user.account);
        const mails = inStore((store) => store.prepare("SELECT count(*) AS n FROM mails WHERE recipient = ? AND subject = 'Redline: no time is left'").get(`a${i}@example.com`).n);
        assert.equal(mails, crossings, `a${i} crossed zero ${crossings} times and was told ${mails} times`);
        all += crossings;
      }
    },
  );
  assert.ok(all > rounds, `there was load: ${all} crossings`);
  ground.report("warning");
});
