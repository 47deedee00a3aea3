// A data folder on which the server is killed again and again. Accounts and tokens are made once and outlive the server;
// the exported journal is what every round is judged by.
import assert from "node:assert/strict";
import { Client } from "./client.mjs";
import { Server, freshFolder, redline, removeFolder } from "./server.mjs";

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Different every round, the same in every run.
export const spread = (round, most) => (round * 7919) % most;

async function made(args, wrapper) {
  const done = await redline(args, {}, wrapper);
  assert.equal(done.code, 0, done.stderr);
  return done.stdout;
}

export async function exportJournal(data, wrapper = []) {
  const done = await redline(["ledger", "export", "-", "--data", data], {}, wrapper);
  assert.equal(done.code, 0, done.stderr);
  return done.stdout.split("\n").filter((line) => line.includes('"sequence"')).map((line) => JSON.parse(line));
}

// `later` begins with all of `earlier`, byte by byte: the hashes are chained.
export function assertContinues(earlier, later) {
  assert.ok(later.length >= earlier.length, `${earlier.length} entries were there, now ${later.length}`);
  if (earlier.length > 0) assert.equal(later[earlier.length - 1].hash, earlier.at(-1).hash, "the journal goes on where it was");
}

export class Ground {
  constructor(env = {}, options = {}) {
    this.env = env;
    this.options = options;
    this.wrapper = options.wrapper ?? [];
    this.data = options.data ?? freshFolder("redline-chaos-");
    this.entries = [];
    this.slowest = 0;
    this.kills = 0;
  }

  async people(count) {
    const run = async (...words) => (await made([...words, "--data", this.data], this.wrapper)).trim();
    const create = async (...words) => JSON.parse(await run("account", "create", "--json", "--email", ...words));
    this.people_ = [await create("op@example.com", "--operator")];
    for (let i = 0; i < count; i += 1) this.people_.push(await create(`a${i}@example.com`));
    for (const one of this.people_) one.token = await run("token", "issue", "--ttl", "2h", "--account", one.account);
    return this;
  }

  // The operator first, then the accounts, as clients of this server.
  clients(server) {
    return this.people_.map(({ account, token }) => Object.assign(new Client(server.url, token), { account }));
  }

  async start() {
    const begun = performance.now();
    this.running = await new Server({ data: this.data, env: this.env, demo: false, ...this.options }).start();
    this.slowest = Math.max(this.slowest, performance.now() - begun);
    return this.running;
  }

  // After a crash: the ledger agrees with its journal, which goes on where it was; no key is there twice.
  async check() {
    const verified = await redline(["ledger", "verify", "--json", "--data", this.data], {}, this.wrapper);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const entries = await exportJournal(this.data, this.wrapper);
    assertContinues(this.entries, entries);
    assert.equal(new Set(entries.map((entry) => entry.key)).size, entries.length, "no business key is there twice");
    this.entries = entries;
    return entries;
  }

  // Starts, works, kills after `alive(round)` ms and checks, `rounds` times. `work` goes on until the connection ends.
  async killRounds(rounds, alive, work, check = () => {}) {
    for (let round = 0; round < rounds; round += 1) {
      const server = await this.start();
      const working = endsWithTheServer(work(server, round));
      await pause(alive(round));
      await server.crash();
      this.kills += 1;
      await working;
      await check(await this.check(), round);
    }
    return this;
  }

  report(what) {
    process.stderr.write(`  ${what}: ${this.kills} kills, ${this.entries.length} entries, slowest start ${this.slowest.toFixed(0)} ms (target 2000)\n`);
    // A loaded machine is slow; a start that replays the journal would be slower than this.
    assert.ok(this.slowest < 20_000, `the slowest start took ${this.slowest} ms`);
  }

  // Also after a test that failed half-way.
  async remove() {
    await this.running?.crash();
    removeFolder(this.data);
  }
}

// A broken connection is what a kill looks like from outside; everything else is a fault.
export async function endsWithTheServer(work) {
  try {
    await work;
  } catch (error) {
    if (error.message !== "fetch failed" && error.message !== "terminated") throw error;
  }
}
