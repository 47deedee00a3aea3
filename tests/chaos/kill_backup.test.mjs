// kill -9 of the server, of `redline backup` and of `redline restore` while they work: a backup that said it is done is
// whole and holds what was acknowledged before it began; one that was killed is refused; a folder is restored or empty.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { grant } from "../harness/client.mjs";
import { Ground, assertContinues, endsWithTheServer, exportJournal, pause, spread } from "../harness/ground.mjs";
import { freshFolder, redline, removeFolder, startRedline } from "../harness/server.mjs";

const rounds = 40;
const ground = new Ground();
const backups = freshFolder("redline-backups-");
after(async () => {
  await ground.remove();
  removeFolder(backups);
});

const acknowledged = new Set();

async function give(operator, account, lane, round) {
  for (let i = 0; ; i += 1) acknowledged.add((await grant(operator, account, 60_000, `grant-${round}-${lane}-${i}`)).id);
}

async function backUp(round) {
  const folder = join(backups, String(round));
  const before = new Set(acknowledged);
  const job = startRedline(["backup", folder, "--data", ground.data]);
  if (round % 3 === 2) {
    await pause(spread(round, 40));
    job.process.kill("SIGKILL");
  }
  return { folder, before, ...(await job.ended) };
}

async function restore(folder, round) {
  const target = join(backups, `restored-${round}`);
  const job = startRedline(["restore", folder, "--data", target]);
  if (round % 4 === 3) {
    await pause(spread(round, 40));
    job.process.kill("SIGKILL");
    await job.ended;
    // Whole, or as if nothing had been tried.
    if (!existsSync(join(target, "redline.db"))) {
      const again = await redline(["restore", folder, "--data", target]);
      assert.equal(again.code, 0, again.stdout + again.stderr);
    }
  } else {
    const done = await job.ended;
    assert.equal(done.code, 0, done.stdout + done.stderr);
  }
  const verified = await redline(["ledger", "verify", "--data", target]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  return exportJournal(target);
}

test(`${rounds} kills around backup and restore`, async () => {
  await ground.people(2);
  let whole = 0;
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    let job;
    await ground.killRounds(
      1,
      () => 60 + spread(round, 250),
      (server) => {
        const [operator, ...users] = ground.clients(server);
        job = pause(spread(round, 120)).then(() => backUp(round));
        return Promise.all(users.map((user, lane) => endsWithTheServer(give(operator, user.account, lane, round))));
      },
    );
    const backup = await job;
    if (backup.code === 0) {
      const restored = await restore(backup.folder, round);
      assertContinues(restored, await exportJournal(ground.data));
      const there = new Set(restored.map((entry) => entry.grant));
      for (const id of backup.before) assert.ok(there.has(id), "what was acknowledged before the backup is in it");
      whole += 1;
    } else if (existsSync(backup.folder) && !existsSync(join(backup.folder, "SHA256SUMS"))) {
      const tried = await redline(["restore", backup.folder, "--data", join(backups, `refused-${round}`)]);
      assert.equal(tried.code, 2, tried.stdout + tried.stderr);
      assert.match(tried.stderr, /no whole backup/);
      refused += 1;
    }
  }
  assert.ok(whole > rounds / 3, `${whole} backups were finished`);
  process.stderr.write(`  backup: ${whole} whole, ${refused} unfinished and refused\n`);
  ground.report("backup");
});
