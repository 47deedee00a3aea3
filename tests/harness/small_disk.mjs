// A disk of a few megabytes of its own, for tests that fill it: a tmpfs in a mount namespace that one process keeps.
// As root; without, in a user namespace. Where neither is allowed (a container without SYS_ADMIN) making one fails.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freshFolder, removeFolder, until } from "./server.mjs";

const asRoot = process.getuid() === 0;

export class SmallDisk {
  static async make(megabytes) {
    const disk = new SmallDisk();
    disk.path = freshFolder("redline-small-");
    // Where / is no mount (a chroot) its mounts cannot be made private, and the disk may be seen outside until it is removed.
    const script = 'mount --make-rprivate / 2>/dev/null; mount -t tmpfs -o size="$1"m none "$0" && mkdir "$0/data" && touch "$0/ready" && exec sleep 100000';
    disk.keeper = spawn("unshare", [...(asRoot ? [] : ["-U", "-r"]), "-m", "--propagation", "unchanged", "sh", "-c", script, disk.path, String(megabytes)], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    disk.keeper.stderr.on("data", (piece) => (errors += piece));
    // How everybody outside of the namespace sees the disk.
    disk.outside = `/proc/${disk.keeper.pid}/root${disk.path}`;
    await until("a small disk", () => {
      assert.equal(disk.keeper.exitCode, null, `no mount namespace here, which this test needs: ${errors}`);
      return existsSync(join(disk.outside, "ready"));
    });
    return disk;
  }

  // What a program inside sees.
  get data() {
    return join(this.path, "data");
  }

  // In front of a command that shall run inside. A namespace of mounts begins at its own root, which in a chroot is another
  // one than ours: hence the keeper's root and folder as well.
  get wrapper() {
    return ["nsenter", ...(asRoot ? [] : ["-U", "--preserve-credentials"]), "-m", "-r", "-w", "-t", String(this.keeper.pid), "--"];
  }

  // Until the kernel says ENOSPC.
  fill() {
    const room = () => statfsSync(this.outside).bavail * statfsSync(this.outside).bsize;
    for (let file = 0; room() > 0; file += 1)
      try {
        writeFileSync(join(this.outside, `filler-${file}`), Buffer.alloc(Math.max(room(), 4096)));
      } catch (error) {
        assert.equal(error.code, "ENOSPC");
        return;
      }
  }

  free() {
    for (let file = 0; existsSync(join(this.outside, `filler-${file}`)); file += 1) rmSync(join(this.outside, `filler-${file}`));
  }

  remove() {
    const [program, ...words] = [...this.wrapper, "umount", "--lazy", this.path];
    spawnSync(program, words, { stdio: "ignore" });
    this.keeper.kill("SIGKILL");
    removeFolder(this.path);
  }
}
