// Starts the real binary on a free port with a fresh data folder, and ends it by its pid. Under a sanitizer
// (scripts/sanitize.sh) whatever it or a worker of it reports fails the test file.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

export const root = join(import.meta.dirname, "../..");
export const binary = process.env.REDLINE_BINARY ?? join(root, "build/release/redline");

// Limits that a test suite on one address would run into; tests of the limits set their own.
const roomy = {
  REDLINE_LIMITS_GUESSES: "100000/minute",
  REDLINE_LIMITS_ANONYMOUS: "100000/minute",
};

const inherited = ["PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"];
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.includes(name)));

function failOnReport(errors) {
  if (!/: runtime error: |ERROR: \w+Sanitizer|WARNING: ThreadSanitizer/.test(errors)) return;
  console.error(errors);
  process.exitCode = 1;
}

// A test that fails leaves its server running, and with it the test file; whatever runs at the end is ended.
const running = new Set();
after(() => Promise.all([...running].map((server) => server.crash())));

export function freshFolder(name = "redline-data-") {
  return mkdtempSync(join(tmpdir(), name));
}

export function removeFolder(path) {
  rmSync(path, { recursive: true, force: true });
}

export class Server {
  constructor(options = {}) {
    this.data = options.data ?? freshFolder();
    this.ownsData = options.data === undefined;
    this.env = { ...roomy, ...options.env };
    this.args = options.args ?? ["--config", join(root, "tests/harness/roomy.toml")];
    this.listen = options.listen ?? "127.0.0.1:0";
    this.demo = options.demo ?? true;
    this.wrapper = options.wrapper ?? []; // a command that becomes the binary: nsenter …
  }

  // Resolves when the first line with the address came; rejects with what was printed when the process ends before.
  async start() {
    const args = ["serve", "--json", "--listen", this.listen, "--data", this.data, ...this.args];
    if (this.demo) args.push("--demo");
    const env = { ...environment, ...this.env };
    const [program, ...words] = [...this.wrapper, binary, ...args];
    this.process = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.errors = "";
    this.process.stderr.on("data", (piece) => (this.errors += piece));
    this.process.once("close", () => failOnReport(this.errors));
    running.add(this);
    this.ended = new Promise((resolve) =>
      this.process.once("exit", (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
      }),
    );
    const line = await new Promise((resolve, reject) => {
      let text = "";
      this.process.stdout.on("data", (piece) => {
        text += piece;
        if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
      });
      this.process.once("exit", (code, signal) =>
        reject(new Error(`redline ended at once (${code ?? signal}): ${this.errors}`)),
      );
    });
    Object.assign(this, JSON.parse(line)); // url, user, operator
    return this;
  }

  kill(signal) {
    if (this.process.exitCode === null && this.process.signalCode === null) process.kill(this.process.pid, signal);
    return this.ended;
  }

  // SIGTERM: drains, settles, exits 0.
  async stop() {
    const end = await this.kill("SIGTERM");
    if (this.ownsData) removeFolder(this.data);
    return end;
  }

  async crash() {
    return this.kill("SIGKILL");
  }

  get pid() {
    return this.process.pid;
  }
}

export async function startServer(options) {
  return new Server(options).start();
}

// Runs a command of the binary to its end: {code, stdout, stderr}.
export function redline(args, env = {}, wrapper = []) {
  return startRedline(args, env, wrapper).ended;
}

// The same while it runs: {process, ended}.
export function startRedline(args, env = {}, wrapper = []) {
  const [program, ...words] = [...wrapper, binary, ...args];
  const child = spawn(program, words, { env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (piece) => (stdout += piece));
    child.stderr.on("data", (piece) => (stderr += piece));
    child.once("close", (code) => {
      failOnReport(stderr);
      resolve({ code, stdout, stderr });
    });
  });
  return { process: child, ended };
}

export async function until(what, check, seconds = 30) {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
