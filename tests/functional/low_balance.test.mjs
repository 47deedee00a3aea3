// Warnings before the time runs out, and what an answer that is cut at zero says.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Client, grant, signIn } from "../harness/client.mjs";
import { Mailbox } from "../harness/mailbox.mjs";
import { freshFolder, removeFolder, startServer, until } from "../harness/server.mjs";

const password = "a fine long password";
const data = freshFolder();
let mailbox;
let server;
let operator;
let options;
let people = 0;

before(async () => {
  mailbox = await new Mailbox().start();
  options = { data, env: { SMTP_URL: mailbox.url, SMTP_FROM: "Redline <redline@example.com>" } };
  server = await startServer(options);
  operator = await signIn(server.url, server.operator);
});
after(async () => {
  await server.stop();
  mailbox.stop();
  removeFolder(data);
});

// Somebody with a confirmed address and exactly that much time.
async function withTime(ms) {
  const email = `low${(people += 1)}@example.com`;
  const open = new Client(server.url);
  await open.expect(201, "POST", "/v1/auth/register", { email, password });
  await open.expect(204, "POST", "/v1/auth/verify", { token: await mailbox.token(email, "Confirm", "verify") });
  const who = Object.assign(await signIn(server.url, { email, password }), { email });
  // Getting there is not told.
  const told = (on) => who.expect(200, "PATCH", "/v1/balance/warnings", { hour: on, quarter_hour: on, zero: on });
  await told(false);
  for (const one of (await who.expect(200, "GET", "/v1/balance")).grants)
    await operator.expect(200, "POST", `/v1/admin/grants/${one.id}`, { change: "revoke", reason: "for a test" });
  await grant(operator, who.account, ms);
  await told(true);
  return who;
}

const mailsTo = (who) => mailbox.mails.filter((mail) => mail.to === who.email && /^Subject: Redline: /m.test(mail.text)).map((mail) => /^Subject: Redline: (.*)$/m.exec(mail.text)[1].trim());

async function use(who) {
  const before = (await who.expect(200, "GET", "/v1/runs")).data.reduce((sum, run) => sum + run.billed_ms, 0);
  await who.expect(202, "POST", "/v1/beats");
  await until("the beat to be settled", async () => (await who.expect(200, "GET", "/v1/runs")).data.reduce((sum, run) => sum + run.billed_ms, 0) > before);
}

// The events of the balance stream as they come.
async function watch(who) {
  const control = new AbortController();
  const answer = await fetch(`${server.url}/v1/balance/stream`, { headers: { Authorization: `Bearer ${who.token}` }, signal: control.signal });
  const seen = { events: [], stop: () => control.abort() };
  (async () => {
    let text = "";
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      seen.events = [...text.matchAll(/^event: low_balance\ndata: (.*)\n\n/gm)].map((match) => JSON.parse(match[1]));
    }
  })().catch(() => {});
  return seen;
}

test("a level is told of once, by mail and on the balance stream, and again only after a top-up above it", async () => {
  const who = await withTime(900_500);
  const stream = await watch(who);
  await use(who);
  const [event] = await until("the event", () => stream.events.length > 0 && stream.events);
  assert.equal(event.level_seconds, 900);
  assert.ok(event.remaining_ms <= 900_000 && event.checkout_url);
  await until("the mail", () => mailsTo(who).length > 0);
  await server.stop();
  server = await startServer(options);
  const again = await signIn(server.url, { email: who.email, password });
  operator = await signIn(server.url, server.operator);
  await use(again);
  const left = (await again.expect(200, "GET", "/v1/balance")).remaining_ms;
  assert.deepEqual(mailsTo(who), ["15 minutes are left"]);
  await grant(operator, who.account, 3_600_500 - left);
  await use(again);
  await until("the mail of the hour", () => mailsTo(who).length > 1);
  assert.deepEqual(mailsTo(who), ["15 minutes are left", "one hour is left"]);
  stream.stop();
});

test("who turned a warning off is not told", async () => {
  const who = await withTime(900_500);
  assert.deepEqual(await who.expect(200, "PATCH", "/v1/balance/warnings", { quarter_hour: false }), { hour: true, quarter_hour: false, zero: true, mail: true });
  assert.deepEqual(await who.expect(200, "GET", "/v1/balance/warnings"), { hour: true, quarter_hour: false, zero: true, mail: true });
  assert.equal((await who.call("PATCH", "/v1/balance/warnings", { quarter_hour: "no" })).status, 422);
  const other = await withTime(900_500);
  await use(who);
  await use(other);
  await until("the other's mail, queued later", () => mailsTo(other).length > 0);
  assert.deepEqual(mailsTo(who), []);
});

const kEndless = "SELECT i, repeat('x', 400) AS text FROM range(1000000000) t(i)";
const slowly = () => new Promise((resolve) => setTimeout(resolve, 50)); // a reader that the server waits for

function saysWhyAndWhereToPay(line) {
  const problem = JSON.parse(line);
  assert.deepEqual([problem.status, problem.reason], [402, "hours_exhausted"]);
  assert.ok(problem.checkout_url && problem.request_id);
}

test("a JSON result that is cut at zero ends with a line that says why and where to pay, and is no JSON", async () => {
  const who = await withTime(1_500);
  const answer = await fetch(`${server.url}/v1/query`, { method: "POST", headers: { Authorization: `Bearer ${who.token}` }, body: JSON.stringify({ sql: kEndless }) });
  assert.equal(answer.status, 200);
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of answer.body) {
    text += decoder.decode(piece, { stream: true });
    await slowly();
  }
  assert.throws(() => JSON.parse(text), SyntaxError);
  saysWhyAndWhereToPay(/\n(\{"type":.*\})\n$/.exec(text.slice(-4_000))[1]);
});

test("a CSV result that is cut at zero ends with that line too, and the transfer is broken off", async () => {
  const who = await withTime(1_500);
  const body = JSON.stringify({ sql: kEndless, format: "csv" });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /v1/query HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${who.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  let head = "";
  let tail = "";
  for await (const piece of socket) {
    head ||= String(piece).slice(0, 200);
    tail = (tail + piece).slice(-4_000);
    await slowly();
  }
  assert.match(head, /^HTTP\/1.1 200 /);
  saysWhyAndWhereToPay(/\n(\{"type":.*\})\n\r\n$/.exec(tail)[1]);
});
