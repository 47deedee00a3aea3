// What goes wrong between Redline and an application, and what somebody tries to send through: every failure is a
// problem document of ours, and what two parsers could read differently passes in neither direction.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchangeBytes, freePort, Program, startRaw } from "../harness/applications.mjs";
import { Client, register } from "../harness/client.mjs";
import { bearer, startGateway } from "../harness/gateway.mjs";
import { until } from "../harness/server.mjs";

let upstream;
let server;
let client;
let talk;
let deadPort;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

before(async () => {
  upstream = await startRaw((...all) => talk(...all));
  deadPort = await freePort();
  server = await startGateway({ "/app/": upstream.url, "/dead/": `http://127.0.0.1:${deadPort}` }, { gateway: { first_byte_timeout_ms: 400, idle_timeout_ms: 400, connect_timeout_ms: 400 } });
  client = await register(server.url);
});
after(async () => {
  await server?.stop();
  await upstream?.stop();
});

const ask = (path, init = {}) => fetch(server.url + path, { ...init, headers: bearer(client, init.headers) });
async function reason(answer) {
  const text = await answer.text();
  assert.match(answer.headers.get("content-type"), /problem\+json/, text);
  return [answer.status, JSON.parse(text).reason];
}
// The application's connections are kept; a test that breaks them starts with none.
async function fresh() {
  upstream.sockets.forEach((one) => one.destroy());
  await until("no connection", () => upstream.sockets.size === 0);
  upstream.heads.length = 0;
}
const raw = (text, enough) => exchangeBytes(server.url, text.replaceAll("TOKEN", client.token), enough);

test("connections are kept and used again", async () => {
  talk = (socket) => socket.write(ok);
  await fresh();
  for (let i = 0; i < 20; i += 1) assert.equal(await (await ask("/app/")).text(), "ok");
  assert.equal(upstream.heads.length, 20);
  assert.ok(upstream.sockets.size <= 2, "one for each loop that served");
});

test("an answer that never begins is 504, one that is not HTTP or none at all is 502", async () => {
  talk = () => {};
  assert.deepEqual(await reason(await ask("/app/")), [504, "upstream_timeout"]);
  for (const [bytes, why] of [
    ["SMTP ready\r\n\r\n", "upstream_malformed"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "upstream_malformed"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "upstream_malformed"],
    ["HTTP/1.1 200 OK\r\nX-A: b\r\n folded\r\n\r\n", "upstream_malformed"],
    ["HTTP/1.1 200 OK\r\nX-A: b\nSet-Cookie: c=d\r\n\r\n", "upstream_malformed"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "upstream_malformed"],
    ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "upstream_malformed"],
    ["HTTP/1.1 200 OK\r\nContent-Len", "upstream_closed"],
    ["", "upstream_closed"],
  ]) {
    await fresh();
    talk = (socket) => socket.end(bytes);
    assert.deepEqual(await reason(await ask("/app/")), [502, why], bytes);
  }
});

// Its queue of connections is full, and nobody takes one out: what a machine does that hangs.
test("an application that takes no connection is 504 after the time to connect, then 503", async () => {
  const port = await freePort();
  const program = new Program("/usr/bin/python3", ["-c", `
import socket, sys, time
full = socket.socket()
full.bind(("127.0.0.1", ${port}))
full.listen(0)
waiting = [socket.socket() for _ in range(4)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", ${port}))
print("full", flush=True)
time.sleep(600)
`]);
  const hung = await startGateway({ "/app/": `http://127.0.0.1:${port}` }, { gateway: { connect_timeout_ms: 300 } });
  try {
    await until("it to be full", () => program.output.includes("full"));
    const who = await register(hung.url);
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push((await reason(await fetch(`${hung.url}/app/`, { headers: bearer(who) }))).join(" "));
    assert.deepEqual(seen, [...Array(3).fill("504 upstream_timeout"), "503 upstream_unavailable"]);
  } finally {
    await hung.stop();
    await program.stop();
  }
});

test("a body that ends too early or falls silent does not look complete", async () => {
  for (const bytes of ["HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\npart", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"])
    for (const end of [true, false]) {
      await fresh();
      talk = (socket) => (end ? socket.end(bytes) : socket.write(bytes));
      await assert.rejects(async () => (await ask("/app/")).text());
    }
});

test("answers of old servers, ended by the connection, come whole", async () => {
  await fresh();
  talk = (socket) => socket.end("HTTP/1.0 200 OK\r\nX-Old: yes\r\n\r\nuntil the end");
  const answer = await ask("/app/");
  assert.deepEqual([await answer.text(), answer.headers.get("x-old")], ["until the end", "yes"]);
});

test("a request that met a closing connection is sent again only when that is safe", async () => {
  for (const [method, again] of [["GET", true], ["HEAD", true], ["DELETE", true], ["PUT", true], ["POST", false], ["PATCH", false]]) {
    await fresh();
    const first = new Set();
    // Answers the first request of a connection, and drops the connection at the second.
    talk = (socket) => {
      if (first.has(socket)) return socket.destroy();
      first.add(socket);
      socket.write(upstream.heads.at(-1).startsWith("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" : ok);
    };
    const body = ["PUT", "POST", "PATCH"].includes(method) ? "x" : undefined;
    // Enough to have met a kept connection on every loop.
    const statuses = [];
    for (let i = 0; i < 8; i += 1) statuses.push((await ask("/app/", { method, body })).status);
    assert.equal(statuses.every((one) => one === 200), again, `${method}: ${statuses}`);
    if (!again) {
      assert.ok(statuses.includes(502), `${method}: ${statuses}`);
      assert.equal(upstream.heads.length, 8, "nothing was sent twice");
    }
  }
});

test("an application that is down costs 502, then 503 at once, and comes back by itself", async () => {
  const seen = new Set();
  for (let i = 0; i < 12; i += 1) seen.add((await reason(await ask("/dead/"))).join(" "));
  assert.deepEqual([...seen].sort(), ["502 upstream_unreachable", "503 upstream_unavailable"]);
  const health = await new Client(server.url).get("/health");
  assert.equal(health.json.components.gateway.status, "degraded");
  assert.match(health.json.components.gateway.detail, /\/dead\//);
  const { createServer } = await import("node:http");
  const born = createServer((request, response) => response.end("born"));
  await new Promise((resolve) => born.listen(deadPort, "127.0.0.1", resolve));
  await until("it to be tried again", async () => (await ask("/dead/")).status === 200);
  assert.equal((await new Client(server.url).get("/health")).json.components.gateway.status, "ok");
  born.closeAllConnections();
  born.close();
});

test("requests that two parsers could read differently are refused, and the application hears nothing", async () => {
  talk = (socket) => socket.write(ok);
  await fresh();
  const head = "Host: h\r\nAuthorization: Bearer TOKEN\r\n";
  const smuggled = "GET /app/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  const attacks = [
    `POST /app/ HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /app/ HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /app/ HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /app/ HTTP/1.1\r\n${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /app/ HTTP/1.1\r\n${head}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /app/ HTTP/1.1\r\n${head}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    `POST /app/ HTTP/1.1\r\n${head}Content-Length: +5\r\n\r\nhello`,
    `POST /app/ HTTP/1.1\r\n${head}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /app/ HTTP/1.1\r\n${head} folded: yes\r\n\r\n`,
    `GET /app/ HTTP/1.1\r\n${head}Host: other\r\n\r\n`,
    `GET /app/ HTTP/1.1\r\n${head}X: a\0b\r\n\r\n`,
    `GET /app/\x01 HTTP/1.1\r\n${head}\r\n`,
  ];
  for (const attack of attacks) {
    const answer = await raw(attack);
    assert.match(answer, /^HTTP\/1\.1 (400|501) /, JSON.stringify(attack));
    assert.equal(answer.split("HTTP/1.1 ").length, 2, "one answer, and the connection ends");
  }
  assert.deepEqual(upstream.heads, []);
});

test("a body in chunks cannot end the request early, nor can what follows it pass for another", async () => {
  let body = "";
  talk = (socket, head, rest) => {
    socket.taken = true;
    const take = (piece) => {
      body += piece.toString("latin1");
      if (body.endsWith("0\r\n\r\n")) socket.end(ok);
    };
    socket.on("data", take);
    take(rest);
  };
  await fresh();
  const inner = "GET /app/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  const answer = await raw(`POST /app/ HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)};x=y\r\n${inner}\r\n0\r\nX-Trailer: ignored\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.equal(upstream.heads.length, 1);
  assert.equal(body, `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`, "made anew: no extension, no trailer");
});

test("paths that lead out of the prefix are refused, however they are written", async () => {
  talk = (socket) => socket.write(ok);
  await fresh();
  for (const path of ["/app/../v1/session", "/app/%2e%2e/x", "/app/a/..%2f..%2fx", "/app/..;/x", "/app//evil.example/", "/app/a\\..\\b"]) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer TOKEN\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /, path);
  }
  assert.deepEqual(upstream.heads, []);
  // Encoded line ends stay encoded.
  assert.equal((await ask("/app/a%0d%0aX-Injected:%20yes?b=%0d%0aX-Injected:%20yes")).status, 200);
  assert.match(upstream.heads[0], /^GET \/a%0d%0aX-Injected:%20yes\?b=%0d%0aX-Injected:%20yes HTTP\/1\.1\r\n/);
  assert.doesNotMatch(upstream.heads[0], /^X-Injected/m);
});

test("an application cannot speak for us, nor put a second answer into its first", async () => {
  await fresh();
  talk = (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRedline-Remaining-Seconds: 999999999\r\nSet-Cookie: rl_session=stolen\r\nX-Request-Id: mine\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra");
  const answer = await ask("/app/");
  assert.equal(await answer.text(), "ok");
  assert.ok(Number(answer.headers.get("redline-remaining-seconds")) < 4000);
  assert.deepEqual(answer.headers.getSetCookie(), []);
  assert.notEqual(answer.headers.get("x-request-id"), "mine");
  talk = (socket) => socket.write(ok);
  for (let i = 0; i < 4; i += 1) assert.equal(await (await ask("/app/")).text(), "ok", "the extra bytes answered nobody");
});

test("what only a listed method may do is not passed on", async () => {
  await fresh();
  talk = (socket) => socket.write(ok);
  for (const method of ["TRACE", "CONNECT", "PROPFIND"]) assert.match(await raw(`${method} /app/ HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN\r\n\r\n`), /^HTTP\/1\.1 (400|501) /);
  const options = await fetch(`${server.url}/app/`, { method: "OPTIONS" });
  assert.equal(options.status, 204, "answered by Redline: it brings no credential");
  assert.deepEqual(upstream.heads, []);
});
