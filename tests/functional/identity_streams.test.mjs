// What lasts ends soon after its credential does: tokens that run out, sessions that are denied or signed out, members who
// are put out, while a stream of events or a WebSocket is open.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { SignJWT } from "jose";
import WebSocket, { WebSocketServer } from "ws";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { bearer, startGateway } from "../harness/gateway.mjs";

const secret = "a secret of the application for its tokens only";
let upstream;
let server;
let operator;
before(async () => {
  upstream = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: first\n\n");
  });
  const sockets = new WebSocketServer({ noServer: true });
  upstream.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head, (one) => one.on("error", () => {})));
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  server = await startGateway(
    { "/app/": `http://127.0.0.1:${upstream.address().port}` },
    { extra: "[auth]\nclock_skew_seconds = 0", env: { MAKERKIT_JWT_SECRET: secret } },
  );
  operator = await signIn(server.url, server.operator);
});
after(async () => {
  await server?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
});

const now = () => Math.floor(Date.now() / 1000);
const token = (life, more = {}) =>
  new SignJWT({ aud: "authenticated", sub: crypto.randomUUID(), role: "authenticated", session_id: crypto.randomUUID(), email: `${crypto.randomUUID()}@example.com`, iat: now(), exp: now() + life, ...more })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(secret));

// Opened and read to its end: the last event, parsed.
async function events(who, path, headers) {
  const answer = await fetch(`${server.url}${path}`, { headers: bearer(who, headers) });
  assert.equal(answer.status, 200, path);
  const done = answer.text().then((text) => {
    const [, problem] = /event: problem\ndata: (.*)\n\n$/.exec(text) ?? assert.fail(`no last word in ${text}`);
    return JSON.parse(problem);
  });
  return { done };
}
async function socket(who, path, headers) {
  const one = new WebSocket(server.url.replace("http", "ws") + path, { headers: bearer(who, headers) });
  const done = new Promise((resolve, reject) => {
    one.once("close", (code, reason) => resolve([code, String(reason)]));
    one.once("error", reject);
  });
  await new Promise((resolve) => one.once("open", resolve));
  return { done };
}
const openAll = (who, headers) =>
  Promise.all([events(who, "/v1/balance/stream", headers), events(who, "/app/events", headers), socket(who, "/app/chat", headers)]);
async function endsWith(streams, reason, status = 401) {
  const [balance, relayed, closed] = await Promise.all(streams.map((one) => one.done));
  assert.deepEqual([balance.status, balance.reason], [status, reason]);
  assert.deepEqual([relayed.status, relayed.reason], [status, reason]);
  assert.deepEqual(closed, [4000 + status, reason]);
}

test("a token that runs out ends its streams with token_expired, and no other's", async () => {
  const stays = await openAll(new Client(server.url, await token(600)));
  let ended = 0;
  for (const one of stays) one.done.then(() => (ended += 1), () => (ended += 1));
  const expires = now() + 8;
  await endsWith(await openAll(new Client(server.url, await token(8))), "token_expired");
  assert.ok(Date.now() >= expires * 1000, "not before the token's end");
  assert.equal(ended, 0);
});

test("a session on the deny list ends its streams", async () => {
  const session = crypto.randomUUID();
  const streams = await openAll(new Client(server.url, await token(600, { session_id: session })));
  await operator.expect(204, "POST", "/v1/admin/denied-sessions", { session_id: session });
  await endsWith(streams, "token_invalid");
});

test("signing out ends the streams of that session", async () => {
  const who = await register(server.url);
  const streams = await openAll(who);
  await who.expect(204, "POST", "/v1/auth/logout");
  await endsWith(streams, "token_invalid");
});

test("a deleted key ends its streams", async () => {
  const maker = await register(server.url);
  const key = await maker.expect(201, "POST", "/v1/keys", { name: "streams", scopes: ["query", "billing:read"] });
  const streams = await openAll(new Client(server.url, key.secret));
  await maker.expect(204, "DELETE", `/v1/keys/${key.id}`);
  await endsWith(streams, "token_invalid");
});

test("who is put out of a team loses the team's streams", async () => {
  const [team, member] = [crypto.randomUUID(), crypto.randomUUID()];
  const who = new Client(server.url, await token(600, { sub: member }));
  await who.expect(200, "GET", "/v1/session");
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [{ id: member, role: "admin" }] });
  const seat = await who.expect(200, "GET", "/v1/session", undefined, { "Redline-Account": team });
  await grant(operator, seat.account.id, 3_600_000);
  const streams = await openAll(who, { "Redline-Account": team });
  await operator.expect(200, "PUT", `/v1/admin/teams/${team}`, { name: "Desk", members: [] });
  await endsWith(streams, "forbidden", 403);
});
