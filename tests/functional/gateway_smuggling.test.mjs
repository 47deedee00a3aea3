// What somebody tries to send through to a real application: Flask under gunicorn, and a WebSocket server of Node. Each
// parses by its own rules; no request, header or answer may come of it that Redline did not let through.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { exchangeBytes, startFlask } from "../harness/applications.mjs";
import { grant, register, signIn } from "../harness/client.mjs";
import { bearer, startGateway } from "../harness/gateway.mjs";
import { until } from "../harness/server.mjs";

let flask;
let node;
let server;
let client;
const heard = []; // of the Node server

before(async () => {
  flask = await startFlask();
  node = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    request.resume();
    request.on("end", () => response.end(request.url));
  });
  const sockets = new WebSocketServer({ noServer: true });
  node.on("upgrade", (request, socket, head) => {
    heard.push(`UPGRADE ${request.url} for ${request.headers["x-redline-user"]}`);
    sockets.handleUpgrade(request, socket, head, (one) => {
      one.on("error", () => {});
      one.on("message", (data) => one.send(`heard ${data}`));
    });
  });
  await new Promise((resolve) => node.listen(0, "127.0.0.1", resolve));
  server = await startGateway({ "/app/": flask.url, "/live/": `http://127.0.0.1:${node.address().port}` });
  client = await register(server.url);
  await seen();
});
after(async () => {
  await server?.stop();
  await flask?.stop();
  node?.closeAllConnections();
  node?.close();
});

const seen = async () => (await fetch(`${flask.url}/seen`)).json();
const raw = (text, enough) => exchangeBytes(server.url, text.replaceAll("TOKEN", client.token), enough);
const answers = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((one) => Number(one[1]));
const mine = "Host: h\r\nAuthorization: Bearer TOKEN\r\n";
const inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
// Nobody's answer waits in a kept connection for somebody else.
async function inStep() {
  for (let i = 0; i < 6; i += 1) {
    const names = await (await fetch(`${server.url}/app/who?turn=${i}`, { headers: bearer(client) })).json();
    assert.equal(names.query, `turn=${i}`);
    assert.equal(await (await fetch(`${server.url}/live/turn${i}`, { headers: bearer(client) })).text(), `/turn${i}`);
  }
  heard.length = 0;
  assert.ok(!(await seen()).requests.some((one) => one.includes("smuggled")));
}

test("gunicorn hears nothing of a request whose length two parsers could read differently", async () => {
  const size = `Content-Length: ${inner.length}\r\n`;
  const rows = [
    `${size}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding: chunked\r\n${size}\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${inner}`,
    ` Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `Content-Length: 0\r\n${size}\r\n${inner}`,
    `Content-Length: 0, ${inner.length}\r\n\r\n${inner}`,
    `Content-Length: 0x${inner.length.toString(16)}\r\n\r\n${inner}`,
    `Content-Length: ${inner.length}_0\r\n\r\n${inner}`,
    `Content-Length: -1\r\n\r\n${inner}`,
    `Content-Length:\r\n\r\n${inner}`,
    `X-A: b\r${size}\r\n${inner}`,
    `X-A: b\n${size}\r\n${inner}`,
    `Transfer-Encoding: chunked\r\n\r\n0\n\n${inner}`,
    `Transfer-Encoding: chunked\r\n\r\n0 \r\n\r\n${inner}`,
    `Transfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n${inner}`,
    `Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n${inner}`,
  ];
  for (const row of rows) {
    const text = await raw(`POST /app/digest HTTP/1.1\r\n${mine}${row}`);
    assert.equal(answers(text).length, 1, JSON.stringify([row, text]));
    assert.ok([400, 501].includes(answers(text)[0]), JSON.stringify([row, text]));
  }
  // A body that goes wrong after its head was good may have been begun; the request inside it never.
  assert.deepEqual((await seen()).requests.filter((one) => one !== "POST /digest"), []);
  await inStep();
});

test("a request inside a body stays a body, in chunks and by length, of GET as of POST", async () => {
  const sha256 = createHash("sha256").update(inner).digest("hex");
  const length = `Content-Length: ${inner.length}\r\n\r\n${inner}`;
  const chunks = `Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\nContent-Length: 1\r\n\r\n`;
  for (const body of [length, chunks]) {
    const text = await raw(`POST /app/digest HTTP/1.1\r\n${mine}Connection: close\r\n${body}`);
    assert.deepEqual(answers(text), [200], text);
    assert.match(text, new RegExp(sha256));
    for (const path of ["/app/who", "/live/get"]) assert.deepEqual(answers(await raw(`GET ${path} HTTP/1.1\r\n${mine}Connection: close\r\n${body}`)), [200], path);
  }
  assert.deepEqual((await seen()).requests, ["POST /digest", "GET /who", "POST /digest", "GET /who"]);
  assert.deepEqual(heard, ["GET /get", "GET /get"]);
  await inStep();
});

test("names that a CGI variable could hide behind do not reach the application", async () => {
  const text = await raw(`POST /app/digest HTTP/1.1\r\n${mine}Connection: close\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nok`);
  assert.deepEqual(answers(text), [200]);
  assert.match(text, new RegExp(`"size":2`));
  await inStep();
});

test("requests in one go are each judged by themselves, and answered in their order", async () => {
  const text = await raw(`GET /app/who?one HTTP/1.1\r\n${mine}\r\nGET /app/who?two HTTP/1.1\r\nHost: h\r\n\r\nGET /app/who?three HTTP/1.1\r\n${mine}Connection: close\r\n\r\n`);
  assert.deepEqual(answers(text), [200, 401, 200]);
  assert.deepEqual((await seen()).requests, ["GET /who?one", "GET /who?three"], "the credential of one is not the next one's");
});

test("who asks cannot be forged, doubled, hidden or cut off by any header", async () => {
  const forged = ["X-Redline-User: usr_forged", "x-redline-user: usr_forged", "X_Redline_User: usr_forged", "X-REDLINE-USER: usr_forged\r\nX-Redline-Account: acc_forged", "X-Redline-Anything: forged", "X-Forwarded-For: 203.0.113.66\r\nX-Forwarded-Proto: forged\r\nX-Forwarded-Prefix: /forged\r\nX-Forwarded-Port: forged\r\nX-Real-IP: forged", "X-Original-URL: /forged", "Forwarded: for=forged", "Connection: X-Redline-User, X-Redline-Account, X-Forwarded-For, X-Real-IP, Host, X-Mine", "X-Request-Id: forged\x80id"];
  for (const lines of forged) {
    const text = await raw(`GET /app/who HTTP/1.1\r\n${mine}X-Mine: mine\r\n${lines.startsWith("Connection") ? "" : "Connection: close\r\n"}${lines}\r\n\r\n`, (all) => all.includes("}\n"));
    assert.deepEqual(answers(text), [200], lines);
    const { names } = JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
    assert.deepEqual([names.HTTP_X_REDLINE_USER, names.HTTP_X_REDLINE_ACCOUNT, names.HTTP_X_FORWARDED_FOR, names.HTTP_X_REAL_IP, names.HTTP_X_FORWARDED_PROTO, names.HTTP_HOST], [client.user.id, client.account, "127.0.0.1", "127.0.0.1", "http", "h"], lines);
    assert.doesNotMatch(JSON.stringify(names), /forged|203\.0/, lines);
    assert.equal(names.HTTP_X_MINE, lines.startsWith("Connection") ? undefined : "mine", "a header named by Connection stays on its hop");
  }
  for (const lines of ["X-Redline-User : usr_forged", "X-A: b\rX-Redline-User: usr_forged", "X-A: b\nX-Redline-User: usr_forged", "X-A: \0", "Host: evil", " X-Redline-User: usr_forged", ": usr_forged", "Host : evil"]) assert.deepEqual(answers(await raw(`GET /app/who HTTP/1.1\r\n${mine}${lines}\r\n\r\n`)), [400], JSON.stringify(lines));
  for (const target of ["http://evil/app/who", "/app/who\tHTTP/1.1", "/app/who#x", "/app/w\x80", "app/who", "*"]) assert.match(await raw(`GET ${target} HTTP/1.1\r\n${mine}Connection: close\r\n\r\n`), /^HTTP\/1\.1 40[04] /, target);
  await inStep();
});

test("line ends that are encoded stay encoded on their way to the application and back", async () => {
  const names = await (await fetch(`${server.url}/app/who?next=%0d%0aX-Injected:%20yes`, { headers: bearer(client, { "X-Mine": "%0d%0aX-Injected: yes" }) })).json();
  assert.equal(names.query, "next=%0d%0aX-Injected:%20yes");
  assert.equal(names.names.HTTP_X_MINE, "%0d%0aX-Injected: yes");
  assert.equal(names.names.HTTP_X_INJECTED, undefined);
  const slash = await fetch(`${server.url}/app?next=%0d%0aX-Injected:%20yes`, { redirect: "manual" });
  assert.deepEqual([slash.headers.get("location"), slash.headers.get("x-injected")], ["/app/?next=%0d%0aX-Injected:%20yes", null]);
  await inStep();
});

test("an upgrade to anything but a WebSocket, or with a body, is an ordinary request", async () => {
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  for (const path of ["/app/who", "/live/get"])
    for (const lines of [
      `Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      `Connection: close\r\nUpgrade: websocket\r\n${key}\r\n`,
      `Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
      `Connection: Upgrade, close\r\nUpgrade: websocket\r\n${key}Content-Length: ${inner.length}\r\n\r\n${inner}`,
      `Connection: Upgrade, close\r\nUpgrade: websocket\r\n${key}Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    ])
      assert.deepEqual(answers(await raw(`GET ${path} HTTP/1.1\r\n${mine}${lines}`)), [200], JSON.stringify([path, lines]));
  assert.deepEqual((await seen()).requests, Array(5).fill("GET /who"));
  assert.deepEqual(heard, Array(5).fill("GET /get"));
  await inStep();
});

// The hole of many proxies: they take the connection for a tunnel although the application said no.
test("what follows a WebSocket that the application refused is a new request, judged by itself", async () => {
  const upgrade = (path, version) => `GET ${path} HTTP/1.1\r\n${mine}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: ${version}\r\n\r\n`;
  const next = "GET /live/smuggled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const refused = answers(await raw(upgrade("/live/chat", 99) + next));
  assert.ok([400, 426].includes(refused[0]), `${refused}`);
  assert.deepEqual(refused.slice(1), [401]);
  assert.deepEqual(answers(await raw(upgrade("/app/who", 13) + next)), [400, 401], "Flask has no WebSocket there");
  assert.ok(!heard.some((one) => one.includes("smuggled")), `${heard}`);
  assert.deepEqual((await seen()).requests, ["GET /who"]);
  await inStep();
});

test("a WebSocket carries frames and nothing else: a request inside it is nobody's, and its user is ours to name", async () => {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/live/chat`, { headers: bearer(client, { "X-Redline-User": "usr_forged" }) });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  assert.deepEqual(heard, [`UPGRADE /chat for ${client.user.id}`]);
  const said = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
  socket.send(inner);
  assert.equal(await said, `heard ${inner}`);
  // Bytes that are no frames end it.
  const closed = new Promise((resolve) => socket.once("close", resolve).once("error", () => {}));
  socket._socket.write(inner);
  await closed;
  assert.equal(heard.length, 1, `${heard}`);
  await inStep();
});

test("a client that leaves in the middle of its body leaves nothing behind for the next one", async () => {
  const { hostname, port } = new URL(server.url);
  for (const path of ["/app/digest", "/live/post"]) {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(`POST ${path} HTTP/1.1\r\n${mine.replace("TOKEN", client.token)}Content-Length: 1000\r\n\r\n${inner}`);
    await until("the application to hear of it", async () => (path.startsWith("/app") ? (await seen()).requests.length > 0 : heard.length > 0));
    socket.destroy();
  }
  await inStep();
});

test("at zero an event stream of Flask ends with the reason, and Flask is told that nobody listens", async () => {
  const poor = await startGateway({ "/app/": flask.url }, { trial_hours: 0 });
  try {
    const who = await register(poor.url);
    await grant(await signIn(poor.url, poor.operator), who.account, 1_200);
    const text = await (await fetch(`${poor.url}/app/ticks`, { headers: bearer(who) })).text();
    const [, ticks, problem] = /^((?:data: tick\n\n)+)event: problem\ndata: (.*)\n\n$/.exec(text);
    assert.ok(ticks.length > 0);
    assert.equal(JSON.parse(problem).reason, "hours_exhausted");
    await until("the generator to end", async () => (await seen()).watchers === 0);
    assert.equal((await fetch(`${poor.url}/app/`, { headers: bearer(who) })).status, 402);
  } finally {
    await poor.stop();
  }
});
