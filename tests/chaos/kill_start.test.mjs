// kill -9 while the server starts: in a new folder, in the middle of its first migrations, and in one that died under
// load, in the middle of its recovery.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { grant } from "../harness/client.mjs";
import { Ground, endsWithTheServer, pause, spread } from "../harness/ground.mjs";
import { Server, freshFolder, redline, removeFolder } from "../harness/server.mjs";

const rounds = 60;
const ground = new Ground();
after(() => ground.remove());

const acknowledged = new Set();

async function give(operator, account, round) {
  for (let i = 0; ; i += 1) acknowledged.add((await grant(operator, account, 60_000, `grant-${round}-${i}`)).id);
}

// Dies `ms` after it was begun, whatever it is doing then.
async function dieWhileStarting(data, ms) {
  const server = new Server({ data, demo: false });
  const started = server.start().catch((error) => assert.match(error.message, /SIGKILL/));
  await pause(ms);
  await server.crash();
  await started;
  ground.kills += 1;
}

test(`${rounds} kills while a folder that died under load starts again`, async () => {
  await ground.people(1);
  for (let round = 0; round < rounds; round += 4) {
    await ground.killRounds(
      1,
      () => 100 + spread(round, 150),
      (server) => endsWithTheServer(give(ground.clients(server)[0], ground.clients(server)[1].account, round)),
    );
    for (let again = 0; again < 3; again += 1) await dieWhileStarting(ground.data, spread(round + again, 150));
    const there = new Set((await ground.check()).map((entry) => entry.grant));
    for (const id of acknowledged) assert.ok(there.has(id), "an acknowledged grant is there");
  }
  assert.ok(acknowledged.size > rounds / 2, "there was load");
  ground.report("start-up");
});

test("kills in the first start of a new folder leave one that starts", async () => {
  for (let round = 0; round < 24; round += 1) {
    const data = freshFolder("redline-first-");
    await dieWhileStarting(data, spread(round, 120));
    await dieWhileStarting(data, spread(round + 5, 60));
    const server = await new Server({ data, demo: false }).start();
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    const verified = await redline(["ledger", "verify", "--data", data]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    removeFolder(data);
  }
});
