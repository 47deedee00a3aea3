// A data folder that cannot be written: the start is refused with code 3 and a sentence that names it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { redline } from "../harness/server.mjs";
import { SmallDisk } from "../harness/small_disk.mjs";

const disk = await SmallDisk.make(16);
after(() => disk.remove());

const inside = (...words) => {
  const [program, ...rest] = [...disk.wrapper, ...words];
  const done = spawnSync(program, rest, { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
};

async function refused(args) {
  const done = await redline([...args, "--data", disk.data], {}, disk.wrapper);
  assert.equal(done.code, 3, `${args.join(" ")}: ${done.code} ${done.stdout}${done.stderr}`);
  assert.match(done.stderr, /cannot be used/);
  assert.ok(done.stderr.includes(disk.data), done.stderr);
  assert.match(done.stderr, /[Rr]ead-only/);
}

test("a read-only folder stops the start with code 3 and says why", async () => {
  const made = await redline(["account", "create", "--email", "a@example.com", "--data", disk.data], {}, disk.wrapper);
  assert.equal(made.code, 0, made.stderr);
  const mount = ["mount", "--bind", disk.data, disk.data];
  inside(...mount);
  inside("mount", "-o", "remount,ro,bind", disk.data);
  await refused(["serve", "--listen", "127.0.0.1:0"]);
  await refused(["ledger", "verify"]);
  inside("umount", disk.data);
  const verified = await redline(["ledger", "verify", "--data", disk.data], {}, disk.wrapper);
  assert.equal(verified.code, 0, "writable again, it works again");
});

test("a database file that may not be written does the same", async () => {
  const file = `${disk.data}/redline.db`;
  inside("mount", "--bind", file, file);
  inside("mount", "-o", "remount,ro,bind", file);
  const done = await redline(["serve", "--listen", "127.0.0.1:0", "--data", disk.data], {}, disk.wrapper);
  assert.equal(done.code, 3, done.stdout + done.stderr);
  assert.match(done.stderr, /The database cannot be used: .*read-only/);
  inside("umount", file);
});
