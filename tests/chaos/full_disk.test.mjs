// A disk that is full, really (ENOSPC), and then is not: what was acknowledged stays, what could not be kept says so,
// use waits in memory and is billed once there is room, health and log name it, and nobody has to do anything but that.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { grant } from "../harness/client.mjs";
import { Ground, endsWithTheServer, pause } from "../harness/ground.mjs";
import { freshFolder, redline, removeFolder, startRedline, until } from "../harness/server.mjs";
import { SmallDisk } from "../harness/small_disk.mjs";

const disk = await SmallDisk.make(24);
const elsewhere = freshFolder("redline-log-"); // the log has a disk that is not full
const ground = new Ground(
  { REDLINE_METERING_IDLE_GAP_MS: "2000", REDLINE_METERING_SETTLE_INTERVAL_MS: "200", REDLINE_LOG_FILE: join(elsewhere, "redline.log") },
  { data: disk.data, wrapper: disk.wrapper },
);
after(async () => {
  await ground.running?.crash();
  disk.remove();
  removeFolder(elsewhere);
});

const acknowledged = new Map();
const health = async (client) => (await client.get("/health")).json;

async function give(operator, account, key) {
  const given = await operator.call("POST", "/v1/admin/grants", { account_id: account, amount_ms: 60_000, kind: "manual", reason: "r".repeat(400) }, { "Idempotency-Key": key });
  if (given.status === 201) acknowledged.set(key, given.json.id);
  return given;
}

test("a full disk refuses, says so, and is forgotten when there is room again", async () => {
  await ground.people(1);
  const server = await ground.start();
  const [operator, user] = ground.clients(server);
  await grant(operator, user.account, 36_000_000, "start");
  assert.equal((await health(user)).components.ledger.status, "ok");

  disk.fill();
  let refused;
  for (let i = 0; i < 5_000 && !refused; i += 1) {
    const given = await give(operator, user.account, `full-${i}`);
    if (given.status !== 201) refused = given;
  }
  assert.ok(refused, "the disk became full");
  assert.equal(refused.status, 500, refused.text);
  // In use all the while: admitted from memory, proofs kept.
  const begun = performance.now();
  await until("health to show it", async () => {
    await user.expect(202, "POST", "/v1/beats");
    const now = await health(user);
    return now.components.ledger.status === "down" && now.usage_tracking.unsettled_ms > 1000;
  });
  // It stays so while the disk is full, whatever else the server does meanwhile.
  for (let i = 0; i < 14; i += 1) {
    await user.expect(202, "POST", "/v1/beats");
    const now = await health(user);
    assert.equal(now.components.ledger.status, "down", JSON.stringify(now.components.ledger));
    assert.match(now.components.ledger.detail, /the log says why/);
    await pause(500);
  }
  assert.equal((await user.get("/v1/ledger?limit=5")).status, 200, "what is there can be read");
  const unsettled = (await health(user)).usage_tracking.unsettled_ms;

  disk.free();
  await until("the ledger to recover by itself", async () => {
    await user.expect(202, "POST", "/v1/beats");
    const now = await health(user);
    return now.components.ledger.status === "ok" && now.usage_tracking.unsettled_ms < 1000;
  });
  assert.equal((await give(operator, user.account, "after")).status, 201);
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  const used = performance.now() - begun;

  const entries = await ground.check();
  const ids = entries.filter(({ kind }) => kind === "grant_issued").map((entry) => entry.grant);
  for (const [key, id] of acknowledged) assert.equal(ids.filter((one) => one === id).length, 1, `${key} is there once`);
  assert.equal(ids.length, acknowledged.size + 1, "what was refused is not there");
  const burned = entries.reduce((sum, { to, amount_ms: ms }) => sum + (to === "consumed" ? ms : 0), 0);
  assert.ok(burned >= unsettled && burned <= used + 3_000, `${burned} ms billed of ${used} ms, ${unsettled} ms waited in memory`);
  const log = readFileSync(join(elsewhere, "redline.log"), "utf8");
  assert.match(log, /"event":"database_(commit|work|savepoint)_failed".*(full|disk)/);
  assert.match(log, /"event":"settlement_failed"/);
});

test("killed while the disk is full, it starts when there is room, with all that was acknowledged", async () => {
  const server = await ground.start();
  const [operator, user] = ground.clients(server);
  disk.fill();
  const load = async () => {
    for (let i = 0; ; i += 1) await give(operator, user.account, `dying-${i}`);
  };
  const working = endsWithTheServer(load());
  await pause(700);
  await server.crash();
  await working;
  // Full, it either starts or says in plain words why not.
  const tried = startRedline(["serve", "--data", disk.data, "--listen", "127.0.0.1:0"], ground.env, disk.wrapper);
  await Promise.race([tried.ended, pause(1_500)]);
  tried.process.kill("SIGTERM");
  const ended = await tried.ended;
  assert.ok(ended.code === 0 || (ended.code === 3 && /cannot be used|full|space/.test(ended.stderr)), `${ended.code}: ${ended.stderr}`);
  disk.free();
  const again = await ground.start();
  assert.deepEqual(await again.stop(), { code: 0, signal: null });
  const there = new Set((await ground.check()).map((entry) => entry.grant));
  for (const [key, id] of acknowledged) assert.ok(there.has(id), `${key} was acknowledged and is lost`);
});

test("a backup onto a full disk fails in plain words and leaves nothing that looks whole", async () => {
  disk.fill();
  const target = join(disk.path, "backup");
  const made = await redline(["backup", target, "--data", disk.data], {}, disk.wrapper);
  assert.notEqual(made.code, 0);
  assert.match(made.stderr, /could not be|cannot be/);
  assert.ok(!existsSync(join(disk.outside, "backup", "SHA256SUMS")));
  disk.free();
});
