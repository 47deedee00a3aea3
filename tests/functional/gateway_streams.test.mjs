// What lasts: events, WebSockets, uploads and downloads through the gateway, with back-pressure, and their end when the
// time runs out.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { request as ask } from "node:http";
import { after, before, test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { grant, register, signIn } from "../harness/client.mjs";
import { bearer, startGateway } from "../harness/gateway.mjs";
import { until } from "../harness/server.mjs";

let upstream;
let server;
let client;
let operator;
const state = { sent: 0, received: 0, left: 0, events: [], sockets: new Set(), trailers: undefined };

function respond(request, response) {
  const path = new URL(request.url, "http://x").pathname;
  if (path === "/events") {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: first\n\n");
    state.events.push(response);
    response.on("close", () => (state.left += 1));
  } else if (path === "/flood") {
    response.writeHead(200, { "Content-Type": "application/octet-stream" });
    const piece = Buffer.alloc(64 * 1024);
    const more = () => {
      while (!response.destroyed && response.write(piece)) state.sent += piece.length;
      if (!response.destroyed) state.sent += piece.length;
    };
    response.on("drain", more).on("close", () => (state.left += 1));
    more();
  } else if (path === "/slow-reader") {
    request.on("close", () => (state.left += 1)); // never reads
    state.reader = request;
  } else if (path === "/echo") {
    response.writeHead(200, { "Content-Type": "text/plain" });
    response.flushHeaders();
    request.pipe(response);
  } else if (path === "/early") {
    response.writeHead(413, { "Content-Type": "text/plain", Connection: "close" });
    response.end("too much");
  } else if (path === "/trailers") {
    response.writeHead(200, { Trailer: "X-Sum", "Content-Type": "text/plain" });
    response.write("body");
    response.addTrailers({ "X-Sum": "1" });
    response.end();
  } else if (path === "/hints") {
    response.writeEarlyHints({ link: "</a.css>; rel=preload" });
    response.end("after the hints");
  } else {
    response.end(request.url);
  }
}

before(async () => {
  upstream = createServer(respond);
  const sockets = new WebSocketServer({ noServer: true });
  upstream.on("upgrade", (request, socket, head) => {
    if (request.url.includes("forbidden")) return socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    if (request.url.includes("rude")) return socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    sockets.handleUpgrade(request, socket, head, (one) => {
      state.sockets.add(one);
      one.user = request.headers["x-redline-user"];
      one.on("close", (code) => ((one.closedWith = code), state.sockets.delete(one)));
      one.on("error", () => {});
      one.on("message", (data, binary) => (String(data) === "bye" ? one.close(4001, "as asked") : one.send(data, { binary })));
    });
  });
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  server = await startGateway({ "/app/": `http://127.0.0.1:${upstream.address().port}` }, { trial_hours: 0 });
  operator = await signIn(server.url, server.operator);
  client = await register(server.url);
  await grant(operator, client.account, 36_000_000);
});
after(async () => {
  await server?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
});

const open = (who, path, options = {}) => new WebSocket(server.url.replace("http", "ws") + path, { headers: bearer(who, options.headers) });
const first = (emitter, event) => new Promise((resolve, reject) => (emitter.once(event, (...all) => resolve(all)), emitter.once("error", reject)));

async function withTime(ms) {
  const who = await register(server.url);
  await grant(operator, who.account, ms);
  return who;
}

test("an event arrives when it is sent, not when the stream ends", async () => {
  const answer = await fetch(`${server.url}/app/events`, { headers: bearer(client) });
  assert.match(answer.headers.get("content-type"), /event-stream/);
  const reader = answer.body.getReader();
  const text = async () => new TextDecoder().decode((await reader.read()).value);
  assert.equal(await text(), "data: first\n\n");
  state.events.at(-1).write("data: second\n\n");
  assert.equal(await text(), "data: second\n\n");
  const left = state.left;
  await reader.cancel();
  await until("the upstream to see that the client left", () => state.left > left);
});

test("a client that does not read stops the upstream, and one that leaves ends it", async () => {
  state.sent = 0;
  const left = state.left;
  const answer = await new Promise((resolve, reject) => ask(`${server.url}/app/flood`, { headers: bearer(client) }, resolve).on("error", reject).end());
  answer.pause();
  let before = -1;
  await until("the upstream to be held back", async () => {
    const still = before === state.sent;
    before = state.sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return still && before > 0;
  });
  assert.ok(state.sent < 64 << 20, `${state.sent} bytes were taken for a client that reads nothing`);
  const seen = state.sent;
  answer.resume();
  await until("it to go on", () => state.sent > seen + (1 << 20));
  answer.destroy();
  await until("it to end", () => state.left > left);
});

test("an upstream that does not read stops the client", async () => {
  let taken = 0;
  const upload = ask(`${server.url}/app/slow-reader`, { method: "POST", headers: bearer(client, { "Content-Length": 1 << 30 }) });
  upload.on("error", () => {});
  const piece = Buffer.alloc(1 << 20);
  while (upload.write(piece) && taken < 1 << 30) taken += piece.length;
  let before = -1;
  await until("the upload to be held back", async () => {
    const still = before === upload.socket?.bytesWritten;
    before = upload.socket?.bytesWritten ?? -1;
    if (!upload.writableNeedDrain) upload.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return still && before > 0;
  });
  assert.ok(before < 128 << 20);
  const left = state.left;
  upload.destroy();
  state.reader.resume();
  await until("the upstream to see the end", () => state.left > left);
});

test("a request and its answer stream at the same time", async () => {
  const echo = ask(`${server.url}/app/echo`, { method: "POST", headers: bearer(client) });
  const answered = first(echo, "response");
  echo.write("one ");
  const [answer] = await answered;
  const [one] = await first(answer, "data");
  assert.equal(String(one), "one ");
  echo.write("two");
  const [two] = await first(answer, "data");
  assert.equal(String(two), "two");
  echo.end();
  await first(answer, "end");
});

test("an answer before the end of the upload reaches the client", async () => {
  const upload = ask(`${server.url}/app/early`, { method: "POST", headers: bearer(client, { "Content-Length": 100_000_000 }) });
  upload.on("error", () => {});
  const answered = first(upload, "response");
  upload.write(Buffer.alloc(100_000));
  const [answer] = await answered;
  assert.equal(answer.statusCode, 413);
  upload.destroy();
});

test("trailers and interim answers stay on their hop", async () => {
  const answer = await new Promise((resolve, reject) => ask(`${server.url}/app/trailers`, { headers: bearer(client, { TE: "trailers" }) }, resolve).on("error", reject).end());
  let body = "";
  for await (const piece of answer) body += piece;
  assert.equal(body, "body");
  assert.deepEqual([answer.headers.trailer, answer.trailers], [undefined, {}]);
  assert.equal(await (await fetch(`${server.url}/app/hints`, { headers: bearer(client) })).text(), "after the hints");
});

test("a WebSocket works both ways, with large messages, and ends with the code that its side gave", async () => {
  const socket = open(client, "/app/chat");
  await first(socket, "open");
  assert.equal([...state.sockets].at(-1).user, client.user.id);
  const big = Buffer.alloc(3 << 20, 7);
  for (const message of [Buffer.from("hello"), big, Buffer.alloc(0)]) {
    socket.send(message, { binary: true });
    const [back] = await first(socket, "message");
    assert.ok(Buffer.compare(back, message) === 0);
  }
  socket.ping();
  await first(socket, "pong");
  socket.send("bye");
  const [code, reason] = await first(socket, "close");
  assert.deepEqual([code, String(reason)], [4001, "as asked"]);
  const other = open(client, "/app/chat");
  await first(other, "open");
  const end = [...state.sockets].at(-1);
  other.close(4000, "mine");
  await first(other, "close");
  await until("the application to see the code", () => end.closedWith === 4000);
});

test("a WebSocket that the application refuses is an ordinary answer", async () => {
  const refused = open(client, "/app/forbidden");
  const [, answer] = await new Promise((resolve) => refused.once("unexpected-response", (...all) => resolve(all)));
  assert.equal(answer.statusCode, 403);
  const rude = open(client, "/app/rude");
  const [, broken] = await new Promise((resolve) => rude.once("unexpected-response", (...all) => resolve(all)));
  assert.equal(broken.statusCode, 502);
});

test("a WebSocket with a cookie needs a page of this origin", async () => {
  const login = await fetch(`${server.url}/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: client.email, password: client.password }) });
  const cookie = login.headers.getSetCookie().map((one) => one.split(";")[0]).find((one) => one.startsWith("rl_session="));
  const address = server.url.replace("http", "ws") + "/app/chat";
  const own = new WebSocket(address, { headers: { Cookie: cookie }, origin: server.url });
  await first(own, "open");
  own.terminate();
  const foreign = new WebSocket(address, { headers: { Cookie: cookie }, origin: "https://evil.example" });
  const [, answer] = await new Promise((resolve) => foreign.once("unexpected-response", (...all) => resolve(all)));
  assert.equal(answer.statusCode, 403);
});

test("at zero a WebSocket ends with 4402 and the reason, and no new one opens", async () => {
  const who = await withTime(1_500);
  const socket = open(who, "/app/chat");
  await first(socket, "open");
  socket.send("still here");
  await first(socket, "message");
  const [code, reason] = await first(socket, "close");
  assert.deepEqual([code, String(reason)], [4402, "hours_exhausted"]);
  const again = open(who, "/app/chat");
  const [, answer] = await new Promise((resolve) => again.once("unexpected-response", (...all) => resolve(all)));
  assert.equal(answer.statusCode, 402);
  const run = await until("the run to be settled", async () => (await who.expect(200, "GET", "/v1/runs")).data.find((one) => one.billed_ms === 1_500));
  assert.equal(run.billed_ms, 1_500, "not a millisecond more than there was");
});

test("at zero an event stream ends with an event that says why, any other stream is cut", async () => {
  const who = await withTime(1_500);
  const [events, flood] = await Promise.all([fetch(`${server.url}/app/events`, { headers: bearer(who) }), fetch(`${server.url}/app/flood`, { headers: bearer(who) })]);
  const cut = (async () => {
    for await (const piece of flood.body) void piece;
  })();
  await assert.rejects(cut, "an answer that is cut does not look complete");
  const text = await events.text();
  const [, problem] = /^data: first\n\nevent: problem\ndata: (.*)\n\n$/.exec(text);
  assert.deepEqual([JSON.parse(problem).status, JSON.parse(problem).reason], [402, "hours_exhausted"]);
  assert.ok(JSON.parse(problem).checkout_url);
});

test("what a cut event stream would have said is never another request's answer", async () => {
  const who = await withTime(1_500);
  const answer = await fetch(`${server.url}/app/events`, { headers: bearer(who) });
  const upstreamSide = state.events.at(-1);
  assert.match(await answer.text(), /event: problem/);
  upstreamSide.write("data: for the one before\n\n");
  for (let i = 0; i < 5; i += 1) assert.equal(await (await fetch(`${server.url}/app/plain${i}`, { headers: bearer(client) })).text(), `/plain${i}`);
});

test("at zero a request that still waits is answered 402", async () => {
  const who = await withTime(1_200);
  const waits = ask(`${server.url}/app/slow-reader`, { method: "POST", headers: bearer(who, { "Content-Length": 0 }) });
  const answered = first(waits, "response");
  waits.end();
  const [answer] = await answered;
  assert.deepEqual([answer.statusCode, answer.headers["redline-remaining-seconds"]], [402, "0"], "not what was left when it began");
  answer.resume();
});

test("a WebSocket ends with 4401 when the credential that opened it is no good any more", async () => {
  const who = await withTime(3_600_000);
  const key = await who.expect(201, "POST", "/v1/keys", { name: "socket", scopes: ["query", "data:read", "data:write"] });
  const byKey = new WebSocket(server.url.replace("http", "ws") + "/app/chat", { headers: { Authorization: `Bearer ${key.secret}` } });
  const bySession = open(who, "/app/chat");
  await Promise.all([first(byKey, "open"), first(bySession, "open")]);
  const ends = [byKey, bySession].map((socket) => first(socket, "close"));
  await who.expect(204, "DELETE", `/v1/keys/${key.id}`);
  await who.expect(204, "POST", "/v1/auth/logout");
  for (const [code, reason] of await Promise.all(ends)) assert.deepEqual([code, String(reason)], [4401, "token_invalid"]);
});

test("a WebSocket that its application drops ends with 4502, in the middle of a frame with nothing", async () => {
  const talk = async () => {
    const socket = open(client, "/app/chat");
    await first(socket, "open");
    socket.send("hello");
    await first(socket, "message");
    return [socket, [...state.sockets].at(-1)];
  };
  const [whole, itsEnd] = await talk();
  const closed = first(whole, "close");
  itsEnd.terminate();
  const [code, reason] = await closed;
  assert.deepEqual([code, String(reason)], [4502, "upstream_closed"]);
  const [half, otherEnd] = await talk();
  const cut = first(half, "close");
  otherEnd._socket.end(Buffer.from([0x82, 5, 1, 2])); // two of five bytes
  assert.equal((await cut)[0], 1006);
});

test("a WebSocket on which nothing comes for too long ends with 4504", async () => {
  const other = await startGateway({ "/app/": `http://127.0.0.1:${upstream.address().port}` }, { gateway: { idle_timeout_ms: 300 } });
  const who = await register(other.url);
  const socket = new WebSocket(other.url.replace("http", "ws") + "/app/chat", { headers: bearer(who) });
  await first(socket, "open");
  const [code, reason] = await first(socket, "close");
  assert.deepEqual([code, String(reason)], [4504, "upstream_timeout"]);
  await other.stop();
});

test("a stopping server says so to a WebSocket", async () => {
  const other = await startGateway({ "/app/": `http://127.0.0.1:${upstream.address().port}` });
  const who = await register(other.url);
  const socket = new WebSocket(other.url.replace("http", "ws") + "/app/chat", { headers: bearer(who) });
  await first(socket, "open");
  const closed = first(socket, "close");
  const end = await other.stop();
  assert.equal((await closed)[0], 1001);
  assert.equal(end.code, 0);
});
