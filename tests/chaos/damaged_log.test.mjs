// The write-ahead log after a kill, cut short or with a byte changed: what was committed before that place is there and
// agrees with itself; what is lost is said in words, in the log and in health, never passed over.
import assert from "node:assert/strict";
import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { grant } from "../harness/client.mjs";
import { Ground, assertContinues, endsWithTheServer, exportJournal, pause, spread } from "../harness/ground.mjs";
import { Server, freshFolder, redline, removeFolder } from "../harness/server.mjs";

const ground = new Ground();
const copies = freshFolder("redline-damaged-");
const headerBytes = 32;
after(async () => {
  await ground.remove();
  removeFolder(copies);
});

// Numbers of the frames of the log's last generation: [first byte, first byte of the next).
function framesOf(log) {
  const size = 24 + log.readUInt32BE(8);
  const frames = [];
  for (let at = headerBytes; at + size <= log.length; at += size) {
    if (log.compare(log, at + 8, at + 16, 16, 24) !== 0) break;
    frames.push(at);
  }
  return { frames, size };
}

let copied = 0;
// A copy of the folder with another log; opens it with `ledger verify`.
async function openWith(change) {
  const data = join(copies, String((copied += 1)));
  cpSync(ground.data, data, { recursive: true });
  change(join(data, "redline.db-wal"));
  const verified = await redline(["ledger", "verify", "--json", "--data", data]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  return { data, words: verified.stderr, entries: await exportJournal(data) };
}

test("a log that ends early or has a changed byte", async () => {
  await ground.people(2);
  const server = await ground.start();
  const [operator, ...users] = ground.clients(server);
  const working = users.map((user, lane) =>
    endsWithTheServer((async () => {
      for (let i = 0; ; i += 1) await grant(operator, user.account, 60_000, `grant-${lane}-${i}`);
    })()),
  );
  await pause(700);
  await server.crash();
  await Promise.all(working);
  const log = readFileSync(join(ground.data, "redline.db-wal"));
  const { frames, size } = framesOf(log);
  assert.ok(frames.length > 100, `${frames.length} frames`);
  const end = frames.at(-1) + size;
  const whole = (await openWith(() => {})).entries;
  assert.ok(whole.length > 20, `${whole.length} entries`);

  let shorter = 0;
  for (let round = 0; round < 40; round += 1) {
    // Where a crash of the machine might have cut it: anywhere.
    const cut = await openWith((path) => truncateSync(path, spread(round * 131, end)));
    assertContinues(cut.entries, whole);
    if (cut.entries.length < whole.length) shorter += 1;
  }
  assert.ok(shorter > 10, "the cuts took something");

  let named = 0;
  for (let round = 0; round < 60; round += 1) {
    const at = spread(round * 977 + 5, end);
    const bent = await openWith((path) => {
      const bytes = Buffer.from(log);
      bytes[at] ^= 1 << round % 8;
      writeFileSync(path, bytes);
    });
    assertContinues(bent.entries, whole);
    if (/write-ahead log was damaged at byte \d+: \d+ pages written after that are lost/.test(bent.words)) named += 1;
    // The last frame of all may be what a crash did not finish.
    else assert.ok(bent.entries.length === whole.length || at >= frames.at(-1), `byte ${at} is passed over: ${bent.words}`);
  }
  assert.ok(named > 30, `${named} named`);
});

test("the server names the damage in health and log, goes on with what is there, and has forgotten it at the next start", async () => {
  const data = join(copies, "served");
  cpSync(ground.data, data, { recursive: true });
  const path = join(data, "redline.db-wal");
  const bytes = readFileSync(path);
  const { frames } = framesOf(bytes);
  bytes[frames[Math.floor(frames.length / 2)] + 100] ^= 1;
  writeFileSync(path, bytes);
  const server = await new Server({ data, demo: false }).start();
  const health = await (await fetch(`${server.url}/health`)).json();
  assert.equal(health.components.ledger.status, "degraded");
  assert.match(health.components.ledger.detail, /write-ahead log was damaged/);
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.match(server.errors, /write-ahead log was damaged/);
  assert.match(readFileSync(join(data, "redline_web.log"), "utf8"), /"event":"database_damaged"/);
  const again = await new Server({ data, demo: false }).start();
  assert.equal((await (await fetch(`${again.url}/health`)).json()).components.ledger.status, "ok");
  await again.stop();
});

test("a database file that is none stops the start with code 3 and a sentence", async () => {
  const data = join(copies, "none");
  cpSync(ground.data, data, { recursive: true });
  writeFileSync(join(data, "redline.db"), Buffer.alloc(8192, 7));
  truncateSync(join(data, "redline.db-wal"), 0);
  const started = await redline(["serve", "--listen", "127.0.0.1:0", "--data", data]);
  assert.equal(started.code, 3, started.stderr);
  assert.match(started.stderr, /The database cannot be used: .*not a database/);
});
