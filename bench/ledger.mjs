// The ledger's and the meter's figures for `make bench`; also alone: node bench/ledger.mjs
// On disk means the file system of the temporary folder; in memory means /dev/shm.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "./binary.mjs";

const memory = "/dev/shm";
const thousands = (number) => Math.round(number).toLocaleString("en-US");

function run(args) {
  const done = spawnSync(binary, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`redline ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return JSON.parse(done.stdout);
}

// From the start of the process to an answer of the server, and its memory then.
async function startOnce(data) {
  const begun = performance.now();
  const child = spawn(binary, ["serve", "--json", "--data", data, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    let text = "";
    child.once("exit", (code) => reject(new Error(`the server ended: ${code}`)));
    child.stdout.on("data", (piece) => {
      text += piece;
      if (text.includes("\n")) resolve(text.split("\n")[0]);
    });
  });
  const answer = await fetch(`${JSON.parse(line).url}/health`);
  const took = performance.now() - begun;
  if (answer.status !== 200) throw new Error(`not healthy: ${await answer.text()}`);
  child.removeAllListeners("exit");
  child.kill("SIGKILL"); // the next start finds what a crash leaves
  await new Promise((resolve) => child.once("exit", resolve));
  return took;
}

export async function measureLedger({ progress = () => {} } = {}) {
  const onDisk = mkdtempSync(join(tmpdir(), "redline-bench-"));
  const inMemory = mkdtempSync(join(memory, "redline-bench-"));
  const step = (text) => progress(`${text}\n`);
  try {
    step("ledger: grants");
    const [grants, grantsOnDisk] = [inMemory, onDisk].map((folder) => run(["bench", "ledger", "--json", "--data", join(folder, "ledger")]));
    step("ledger: settle");
    const [settle, settleOnDisk] = [inMemory, onDisk].map((folder) => run(["bench", "settle", "--json", "--data", join(folder, "settle")]));
    step("meter: cut-off");
    const cutoff = run(["bench", "cutoff", "--json", "--data", join(inMemory, "cutoff")]);
    step("start with 1,000,000 accounts: filling");
    const filled = join(onDisk, "filled");
    run(["bench", "fill", "--json", "--data", filled]);
    const starts = [];
    for (let i = 0; i < 5; i += 1) starts.push(await startOnce(filled));
    return [
      [`grants, durable and acknowledged, ${grants.group} a commit, in memory`, `${thousands(grants.grants_per_second)}/s`, ""],
      ["grants ÷ a bare SQLite loop with the same groups, in memory", (grants.grants_to_bare_percent / 100).toFixed(2), "≥ 0.70"],
      ["the same on disk", (grantsOnDisk.grants_to_bare_percent / 100).toFixed(2), "≥ 0.70"],
      [`settle of ${thousands(settle.accounts)} live accounts, in memory`, `${thousands(settle.settled_per_second)} accounts/s`, "≥ 100,000"],
      ["settle on disk", `${thousands(settleOnDisk.settled_per_second)} accounts/s`, ""],
      [`settle on disk ÷ the disk's fsyncs/s × ${thousands(settle.group)} accounts`, (settleOnDisk.to_fsync_percent / 100).toFixed(3), ""],
      [`cut-off lag p50, ${thousands(cutoff.accounts)} live accounts`, `${cutoff.p50_ms} ms`, ""],
      ["cut-off lag p99", `${cutoff.p99_ms} ms`, "≤ 250 ms"],
      ["start with 1,000,000 accounts, 100,000 runs open, after a kill", `${Math.max(...starts).toFixed(0)} ms (slowest of ${starts.length})`, "≤ 1,000 ms"],
      ["ledger verify", `${thousands(grants.verify_entries_per_second)} entries/s`, ""],
    ];
  } finally {
    for (const folder of [onDisk, inMemory]) rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.filename === process.argv[1]) {
  const rows = await measureLedger({ progress: (text) => process.stderr.write(text) });
  console.log(`| figure | measured | target |\n| --- | --- | --- |\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}`);
}
