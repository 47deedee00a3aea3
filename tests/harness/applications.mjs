// Applications and proxies for the gateway's tests: each on a free port of this machine, ended by its pid.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { freshFolder, removeFolder, root, until } from "./server.mjs";

export function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class Program {
  constructor(command, args, { env = {}, cwd } = {}) {
    this.folder = freshFolder("redline-program-");
    this.output = "";
    const all = { PATH: `${process.env.PATH}:/usr/sbin`, HOME: this.folder, ...env };
    this.process = spawn(command, args.map((one) => one.replaceAll("FOLDER", this.folder)), { env: all, cwd: cwd ?? this.folder, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (piece) => (this.output += piece));
  }

  async answering(url) {
    await until(`an answer from ${url}`, async () => {
      if (this.process.exitCode !== null) throw new Error(`it ended at once: ${this.output}`);
      return fetch(url).then(() => true, () => false);
    });
    return this;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) process.kill(this.process.pid, "SIGTERM");
    await this.ended;
    removeFolder(this.folder);
  }
}

// The Flask application under gunicorn with threads and keep-alive, as its documentation recommends behind a proxy.
export async function startFlask() {
  const port = await freePort();
  const program = new Program("/usr/bin/python3", ["-m", "gunicorn", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "5", "--bind", `127.0.0.1:${port}`, "--chdir", join(root, "tests/harness"), "--pythonpath", join(root, "tests/harness"), "--worker-tmp-dir", "FOLDER", "flask_shop:app"], { env: { PYTHONDONTWRITEBYTECODE: "1" } });
  program.url = `http://127.0.0.1:${port}`;
  return program.answering(program.url);
}

// An upstream of plain bytes: `talk(socket, head, rest)` is called for each complete request head, with what has come
// after it; with `socket.taken` set it is the last call for that connection.
export function startRaw(talk) {
  return new Promise((resolve) => {
    const sockets = new Set();
    const server = createServer((socket) => {
      sockets.add(socket);
      let text = "";
      socket.on("close", () => sockets.delete(socket)).on("error", () => {});
      socket.on("data", (piece) => {
        text += piece.toString("latin1");
        for (let end = text.indexOf("\r\n\r\n"); end >= 0 && !socket.taken; end = text.indexOf("\r\n\r\n")) {
          const head = text.slice(0, end + 4);
          text = text.slice(end + 4);
          upstream.heads.push(head);
          talk(socket, head, text);
        }
      });
    });
    const upstream = {
      heads: [],
      server,
      sockets,
      stop: () => new Promise((done) => (server.close(done), sockets.forEach((one) => one.destroy()))),
    };
    server.listen(0, "127.0.0.1", () => {
      upstream.url = `http://127.0.0.1:${server.address().port}`;
      resolve(upstream);
    });
  });
}

// Sends exactly these bytes and gives everything that comes back until the other side closes or `enough` says so.
export async function exchangeBytes(url, bytes, enough = () => false) {
  const { connect } = await import("node:net");
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const finish = () => (socket.destroy(), resolve(text));
    socket.setTimeout(20_000, () => (socket.destroy(), reject(new Error(`no end after: ${text}`))));
    socket.on("data", (piece) => {
      text += piece.toString("latin1");
      if (enough(text)) finish();
    });
    socket.on("close", () => resolve(text)).on("error", reject);
  });
}
