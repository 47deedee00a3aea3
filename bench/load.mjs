// Asks a server for as much as it gives: by load_generator (bench/load_generator.cpp), which is faster than the servers, and
// by wrk, which parses every header and so says how fast a client gets what it asks for.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

const connections = 64;
const generator = join(import.meta.dirname, "../build/release/bench/load_generator");

// The load generator has core 0 and the server that is measured core 1, so that the scheduler does not decide.
export const pinned = (core, command, args) => (cpus().length > 1 ? ["taskset", ["-c", String(core), command, ...args]] : [command, args]);

// CPU time of a process, its threads and its children so far, in seconds; the scheduler counts nanoseconds.
function cpuSeconds(pid) {
  let seconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    seconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e9;
    const kids = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
    for (const kid of kids.split(" ").filter(Boolean)) seconds += cpuSeconds(Number(kid));
  }
  return seconds;
}

// A target is {name, url, pids, spread}; spread: the server is more than one process and has every core.
export class Load {
  constructor({ folder, token, seconds }) {
    Object.assign(this, { folder, token, seconds, script: join(folder, "beat.lua") });
    writeFileSync(this.script, `wrk.method = "POST"\nwrk.headers["Authorization"] = "Bearer ${token}"\n`);
  }

  // {rate: requests a second, cpu: the server's µs a request}
  byGenerator(target) {
    const { host, port, pathname } = new URL(target.url);
    const file = join(this.folder, "request.bin");
    writeFileSync(file, `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${this.token}\r\n\r\n`);
    return this.#run(target, generator, [port, String(connections), String(this.seconds * 1000), file], (text) => {
      const { requests, seconds } = JSON.parse(text);
      return { requests, rate: requests / seconds };
    });
  }

  byWrk(target) {
    return this.#run(target, "wrk", ["-t1", `-c${connections}`, `-d${this.seconds}s`, "-s", this.script, target.url], (text) => ({
      requests: /Non-2xx/.test(text) ? 0 : Number(/(\d+) requests in/.exec(text)?.[1]),
      rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    }));
  }

  #run(target, command, args, read) {
    const busy = () => target.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const before = busy();
    const run = spawnSync(...(target.spread ? [command, args] : pinned(0, command, args)), { encoding: "utf8" });
    const spent = busy() - before;
    const { requests, rate } = run.status === 0 ? read(run.stdout) : {};
    if (!requests) throw new Error(`${target.name}: ${run.error ?? ""}${run.stdout}${run.stderr}`);
    return { rate, cpu: (spent / requests) * 1e6 };
  }
}
