// Bad input gets a problem document with a stable reason, and nothing is lost or half done.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Client, register } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server;
let client;

before(async () => {
  server = await startServer();
  client = await register(server.url);
});
after(async () => server.stop());

// Sends bytes as they are; gives everything that came back until the server closed (or `quiet` ms passed).
function raw(text, quiet = 4000) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = "";
    socket.setTimeout(quiet, () => socket.destroy());
    socket.on("data", (piece) => (answer += piece));
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}

const host = "Host: x\r\n";
const smuggling = {
  "two lengths that differ": `POST /v1/beats HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
  "the same length twice": `POST /v1/beats HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  "a length beside chunks": `POST /v1/beats HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "an unknown transfer encoding": `POST /v1/beats HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\n\r\n`,
  "chunked twice": `POST /v1/beats HTTP/1.1\r\n${host}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  "a bare line feed": `GET /health HTTP/1.1\nHost: x\n\n`,
  "a folded header": `GET /health HTTP/1.1\r\n${host}A: b\r\n c\r\n\r\n`,
  "a space before the colon": `GET /health HTTP/1.1\r\n${host}A : b\r\n\r\n`,
  "two hosts": `GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
  "no host": `GET /health HTTP/1.1\r\n\r\n`,
  "a chunk size in hexadecimal notation": `POST /v1/auth/login HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
  "a negative chunk": `POST /v1/auth/login HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n`,
  "a control character in the target": `GET /hea\x01lth HTTP/1.1\r\n${host}\r\n`,
  "no HTTP at all": `hello there\r\n\r\n`,
};
for (const [name, text] of Object.entries(smuggling))
  test(`${name} is refused and the connection closed`, async () => {
    // What follows on the connection must never be taken for a request.
    const answer = await raw(`${text}GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 (400|501|505) /);
    assert.match(answer, /application\/problem\+json/);
    assert.doesNotMatch(answer, /HTTP\/1\.1 200/);
  });

test("too many headers, a long header and a long target are refused", async () => {
  const many = Array.from({ length: 300 }, (_, i) => `X-${i}: 1\r\n`).join("");
  assert.match(await raw(`GET /health HTTP/1.1\r\n${host}${many}\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(await raw(`GET /health HTTP/1.1\r\n${host}A: ${"b".repeat(40000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(await raw(`GET /${"b".repeat(12000)} HTTP/1.1\r\n${host}\r\n`), /^HTTP\/1\.1 414 /);
});

test("malformed JSON, arrays, and doubled or deeply nested members are refused", async () => {
  for (const body of ["{", "[]", '"x"', "", '{"email":"a","email":"b","password":"c"}', "[".repeat(5000), '{"a":'.repeat(100) + "1" + "}".repeat(100)]) {
    const answer = await client.call("POST", "/v1/auth/login", body, { "Content-Type": "application/json" });
    assert.ok([400, 422].includes(answer.status), `${body.slice(0, 30)}: ${answer.status}`);
  }
});

test("a body of a gigabyte is refused before it is read", async () => {
  const answer = await raw(`POST /v1/auth/login HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{`);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  const { hostname, port } = new URL(server.url);
  const upload = await new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`PUT /v1/datasets/big HTTP/1.1\r\n${host}Authorization: Bearer ${client.token}\r\nContent-Length: 1073741824\r\n\r\nx`),
    );
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
      if (text.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
  assert.match(upload, /^HTTP\/1\.1 413 /);
});

test("an unknown path is 404, a wrong method 405 with what is allowed", async () => {
  const answer = await client.get("/v1/nothing", { "X-Not-In-Contract": "1" });
  assert.deepEqual([answer.status, answer.json.reason], [404, "not_found"]);
  const wrong = await client.call("PATCH", "/v1/balance", undefined, { "X-Not-In-Contract": "1" });
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get("allow"), /GET/);
});

test("a parameter that is no text is refused by name, not taken for absent", async () => {
  for (const path of ["/v1/usage?tz=%zz", "/v1/usage?tz=%ff", "/v1/usage?group_by=day&tz=%", "/v1/bars/AAPL?tz=%C0%AF", "/v1/ledger?tz=%00", "/v1/plans?tz=%ED%A0%80", "/health?tz=%f"]) {
    const answer = await client.get(path, { "X-Not-In-Contract": "1" });
    assert.deepEqual([answer.status, answer.json.reason, answer.json.fields?.map((one) => one.name)], [400, "malformed_query", ["tz"]], path);
    assert.match(answer.json.detail, /tz/);
  }
  assert.equal((await client.get("/v1/usage?tz=Europe%2FWarsaw")).status, 200);
  // In a path it is no symbol that exists.
  const symbol = await client.get("/v1/bars/%ff?interval=1d", { "X-Not-In-Contract": "1" });
  assert.deepEqual([symbol.status, symbol.json.reason], [404, "not_found"]);
});

// RFC 9112 3.2.2: whoever stands before or behind us might believe the other one.
test("an absolute address for another host than Host is refused", async () => {
  const ask = (target, named) => raw(`GET ${target} HTTP/1.1\r\nHost: ${named}\r\nConnection: close\r\n\r\n`);
  for (const target of ["http://evil.example/health/live", "http://x:8080/health/live", "http://x@evil.example/health/live"]) assert.match(await ask(target, "x"), /^HTTP\/1\.1 400 /, target);
  for (const target of ["http://x/health/live", "http://X:80/health/live", "https://x:443/health/live"]) assert.match(await ask(target, "x"), /^HTTP\/1\.1 200 /, target);
});

const files = {
  "a saved web page": ["<!DOCTYPE html><html><body>Not found</body></html>", "not_price_data"],
  "an empty file": ["", "empty"],
  "a header without rows": ["date,open,high,low,close,volume\n", "empty"],
  "binary rubbish": [Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)), undefined],
  "a zip archive": [Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(100)]), "unsupported_format"],
  "a pickle": [Buffer.from([0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e]), undefined],
  "a line of a megabyte": [`date,open,high,low,close,volume\n${"9".repeat(1_200_000)}\n`, undefined],
  "no date column": ["open,high,low,close\n1,2,0.5,1.5\n", "not_price_data"],
  "a poem": ["Roses are red\nviolets are blue\nthis file is no prices\nand neither are you\n", "not_price_data"],
};
for (const [name, [bytes, reason]] of Object.entries(files))
  test(`${name} is refused in plain words and leaves nothing behind`, async () => {
    const job = await client.importFile("refused", Buffer.from(bytes), "?filename=file.csv");
    if (job.status === 202) {
      assert.equal(job.json.state, "failed");
      if (reason) assert.equal(job.json.error.reason, reason);
      assert.ok(job.json.error.detail.length > 10);
    } else {
      assert.ok([413, 422].includes(job.status), job.text);
    }
    const list = await client.expect(200, "GET", "/v1/datasets");
    assert.deepEqual(list.data.map((one) => one.name), []);
  });

test("ragged rows are kept out and named with their line", async () => {
  const csv = "date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n2024-01-03,1,2\n2024-01-04,x,2,0.5,1.5,10\n2024-01-05,1,2,0.5,1.5,10\n";
  const job = await client.importFile("ragged", Buffer.from(csv), "?symbol=X");
  assert.equal(job.json.state, "succeeded", JSON.stringify(job.json.error));
  const { report } = job.json.result;
  assert.equal(report.rows_kept, 2);
  assert.deepEqual(report.rejected.flatMap((one) => one.examples.map((example) => example.line)).sort(), [3, 4]);
  await client.expect(204, "DELETE", "/v1/datasets/ragged");
});

test("a wrong token never shows in an answer or in the log", async () => {
  const secret = "very-secret-value-in-a-token";
  const answer = await new Client(server.url, secret).get("/v1/session");
  assert.equal(answer.status, 401);
  assert.doesNotMatch(answer.text, new RegExp(secret));
  const { readFileSync } = await import("node:fs");
  await server.kill("SIGTERM");
  assert.doesNotMatch(readFileSync(`${server.data}/redline_web.log`, "utf8"), new RegExp(`${secret}|correct horse`));
});
