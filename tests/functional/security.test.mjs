// What a hostile client tries against the running server: other people's ids, paths, addresses of its choice, lines in
// the log, connections that never finish. docs/security.md says which fault and which risk each test stands for.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { root, startServer, until } from "../harness/server.mjs";

let server;
let victim;
let attacker;
let operator;
const owned = {};
const csv = Buffer.from("date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n");

before(async () => {
  server = await startServer({ env: { REDLINE_SERVER_HEADER_TIMEOUT_MS: "700" } });
  [victim, attacker, operator] = [await register(server.url), await register(server.url), await signIn(server.url, server.operator)];
  owned.job = (await victim.importFile("secret", csv, "?symbol=HIDDEN")).json.id;
  owned.key = (await victim.expect(201, "POST", "/v1/keys", { name: "mine", scopes: ["data:read"], expires_at: "2099-01-01T00:00:00Z" })).id;
  owned.order = (await victim.expect(201, "POST", "/v1/checkout", { sku: "hours-5" })).order.id;
  owned.session = (await victim.expect(200, "GET", "/v1/user/sessions")).data[0].id;
  owned.team = (await victim.expect(201, "POST", "/v1/teams", { name: "Desk" })).id;
  owned.invitation = (await victim.expect(201, "POST", "/v1/invitations", { email: "x@example.com", role: "member" }, { "Redline-Account": owned.team })).id;
  await victim.expect(202, "POST", "/v1/beats");
  owned.run = (await until("a settled run", async () => (await victim.expect(200, "GET", "/v1/runs")).data[0])).id;
});
after(async () => server.stop());

function raw(text, quiet = 3000) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(quiet, () => socket.destroy());
    socket.on("data", (piece) => (answer += piece.toString("latin1")));
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}

// D39; OWASP API1 and API5: an id is no permission, whichever route it is given to.
test("every route answers another account's id as if it did not exist", async () => {
  const routes = [
    ["GET", `/v1/runs/${owned.run}`],
    ["GET", `/v1/jobs/${owned.job}`],
    ["GET", `/v1/jobs/${owned.job}/stream`],
    ["DELETE", `/v1/jobs/${owned.job}`],
    ["GET", `/v1/checkout/${owned.order}`],
    ["DELETE", `/v1/keys/${owned.key}`],
    ["POST", `/v1/keys/${owned.key}/rotate`, {}],
    ["DELETE", `/v1/user/sessions/${owned.session}`],
    ["DELETE", `/v1/invitations/${owned.invitation}`],
    ["GET", "/v1/datasets/secret"],
    ["GET", "/v1/datasets/secret/rows"],
    ["DELETE", "/v1/datasets/secret"],
    ["GET", "/v1/bars/HIDDEN?dataset=secret&interval=1d"],
  ];
  for (const [method, path, body] of routes) {
    const answer = await attacker.call(method, path, body);
    assert.ok([403, 404].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    assert.equal((await victim.expect(200, "GET", "/v1/datasets")).data.length, 1);
  }
  // Nor does the header that names an account.
  for (const path of ["/v1/balance", "/v1/runs", "/v1/ledger", "/v1/receipts", "/v1/usage", "/v1/datasets", "/v1/keys", "/v1/members"])
    for (const account of [owned.team, victim.account]) {
      const answer = await attacker.get(path, { "Redline-Account": account });
      assert.ok([401, 403, 404].includes(answer.status), `${path} for ${account}: ${answer.status}`);
    }
  const keys = await victim.expect(200, "GET", "/v1/keys");
  assert.equal(keys.data.length, 1, "the key is as it was");
  await victim.expect(200, "GET", "/v1/session");
});

// D37; OWASP API3: credentials are given out once and never listed.
test("no list shows a secret", async () => {
  const made = await victim.expect(201, "POST", "/v1/keys", { name: "second", scopes: ["query"], expires_at: "2099-01-01T00:00:00Z" });
  const secret = Object.values(made).find((value) => typeof value === "string" && value.length >= 40);
  assert.ok(secret, "the key itself is in the answer that makes it");
  for (const path of ["/v1/keys", "/v1/session", "/v1/user/sessions", "/v1/runs", "/v1/ledger"]) assert.ok(!(await victim.get(path)).text.includes(secret), path);
  assert.ok(!(await operator.get("/v1/admin/audit?limit=200")).text.includes(secret));
  assert.ok(!(await attacker.get("/v1/keys")).text.includes(made.id));
});

// OWASP API3: what a client may not set is refused by name, not taken and not dropped in silence.
test("members that nobody may set are refused", async () => {
  for (const extra of [{ role: "admin" }, { plan: "hours" }, { balance_ms: 1e9 }, { account_id: victim.account }]) {
    const answer = await new Client(server.url).post("/v1/auth/register", { email: `x${Object.keys(extra)}@example.com`, password: "correct horse battery", ...extra });
    assert.equal(answer.status, 422, JSON.stringify(extra));
    assert.match(answer.text, new RegExp(Object.keys(extra)[0]), "the member is named");
  }
});

// D38; OWASP API7: no request makes the server call an address of the client's choice.
test("the contract has no member that takes an address, and one that is sent is refused", async () => {
  const contract = await new Client(server.url).expect(200, "GET", "/openapi.json");
  const named = [];
  let members = 0;
  const walk = (value, name) => {
    if (value === null || typeof value !== "object") return;
    if (value.$ref) return walk(value.$ref.slice(2).split("/").reduce((at, key) => at[key], contract), name);
    members += Object.keys(value.properties ?? {}).length;
    for (const key of Object.keys(value.properties ?? {})) if (/ur[il]|host|endpoint|address$|callback|webhook|redirect/i.test(key)) named.push(`${name}.${key}`);
    for (const [key, inner] of Object.entries(value)) walk(inner, `${name}.${key}`);
  };
  for (const [path, methods] of Object.entries(contract.paths)) for (const [method, operation] of Object.entries(methods)) walk(operation.requestBody, `${method} ${path}`);
  assert.deepEqual(named, []);
  assert.ok(members > 30, `only ${members} members were looked at`);
  for (const member of ["success_url", "return_url", "base_url", "webhook_url"]) {
    const answer = await victim.post("/v1/checkout", { sku: "hours-5", [member]: "http://127.0.0.1:1/" });
    assert.equal(answer.status, 422, member);
  }
});

// D43: the address that Stripe sends the payer back to is configured, not the request's Host. OWASP: open redirect.
test("a Host header of the client's choice is in no answer", async () => {
  const body = JSON.stringify({ sku: "hours-5" });
  const answer = await raw(`POST /v1/checkout HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAuthorization: Bearer ${victim.token}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.match(answer, /^HTTP\/1\.1 201 /);
  assert.doesNotMatch(answer, /evil\.example/);
  for (const target of ["//evil.example/", "/\\evil.example", "/%2f%2fevil.example", "/?next=//evil.example", "/v1/session?redirect=http://evil.example"])
    assert.doesNotMatch(await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), /^Location:/im, target);
});

// D30, D31, D33: no path of a request becomes a path of the disk, and no folder is listed.
test("paths that lead to files or folders of the server give neither", async () => {
  const up = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "%252e%252e%252f", "..%c0%af", "..;/"];
  const targets = up.flatMap((step) => ["etc/passwd", "redline.db", "redline_web.log"].flatMap((file) => [`/assets/${step.repeat(6)}${file}`, `/${step.repeat(6)}${file}`, `/v1/datasets/${step.repeat(6)}${file}/rows`, `/docs/${step}${file}`]));
  targets.push("/assets/", "/assets", "/.env", "/redline.toml", "/.git/config", "/data/download/.env", "/data/browse", "/assets//etc/passwd", "/assets/%00", "/assets/index.html%00.png", "file:///etc/passwd", "http://127.0.0.1:1/etc/passwd");
  for (const target of targets) {
    const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${attacker.token}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, target);
    assert.doesNotMatch(answer, /root:x:|SQLite format|\[server\]|Index of|redline-data-/, target);
  }
});

// D32, D41: what a client calls its upload is a name, checked before a byte of the body is used.
test("names of datasets that are paths, empty or hidden are refused", async () => {
  for (const name of ["..%2fx", "%2e%2e", ".", "..", "a%2fb", "a%5cb", "%00", "a%0ab", ".env", "x".repeat(300), "%20", "a%3bb"]) {
    const answer = await raw(`PUT /v1/datasets/${name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${attacker.token}\r\nConnection: close\r\nContent-Length: ${csv.length}\r\n\r\n${csv}`);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, name);
  }
  for (const filename of ["../../x.csv", "/etc/cron.d/x.csv", "..\\x.csv"]) {
    const job = await attacker.importFile("named", csv, `?symbol=X&filename=${encodeURIComponent(filename)}`);
    assert.doesNotMatch(JSON.stringify(job.json), /redline-data-/);
    const written = readdirSync(server.data, { recursive: true });
    assert.ok(written.some((path) => path.startsWith("workspaces")), "there is something to look at");
    assert.deepEqual(written.filter((path) => path.includes("x.csv")), []);
    assert.ok(!existsSync("/etc/cron.d/x.csv") && !existsSync(join(server.data, "../x.csv")));
  }
  await victim.expect(200, "GET", "/v1/datasets/secret/rows");
});

// D67: who shows no credential is refused before the body is read, and every refusal is a problem document without paths.
test("refusals come before the body, as problem documents without a path of the server", async () => {
  const upload = await raw(`PUT /v1/datasets/x HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n--b\r\n`);
  assert.match(upload, /^HTTP\/1\.1 401 /);
  const answers = [
    upload,
    await raw("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    await raw(`POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{`),
    await raw(`POST /v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${attacker.token}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 38\r\n\r\n{"sql":"SELECT * FROM '/etc/passwd'"} `),
    await raw(`GET /v1/bars/X?dataset=none HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${attacker.token}\r\nConnection: close\r\n\r\n`),
  ];
  for (const answer of answers) {
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    assert.match(answer, /content-type: application\/problem\+json/i, answer.slice(0, 400));
    assert.doesNotMatch(answer, /redline-data-|\/tmp\/|\/home\/|\.cpp|std::|exception/i);
  }
});

// OWASP API4: a client that says one byte at a time is let go, and nobody waits for it.
test("two hundred connections that never finish a request keep nobody waiting and are closed", async () => {
  const { hostname, port } = new URL(server.url);
  let closed = 0;
  const slow = Array.from({ length: 200 }, () => {
    const socket = connect(Number(port), hostname, () => socket.write("GET /health HTTP/1.1\r\nHost: x\r\nX-A: "));
    const drip = setInterval(() => socket.writable && socket.write("b"), 100);
    socket.on("data", () => {});
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(drip);
      closed += 1;
    });
    return socket;
  });
  await victim.expect(200, "GET", "/v1/session");
  await until("the slow connections to be closed", () => closed === slow.length);
  await victim.expect(200, "GET", "/v1/session");
});

// OWASP API8: a line of the log is one document, whatever was asked.
test("nobody writes a line of the log", async () => {
  const forged = '{"level":"error","event":"forged"}';
  await new Client(server.url).post("/v1/auth/login", { email: `a@example.com\n${forged}`, password: `\n${forged}` });
  await raw(`PATCH /x%0a${encodeURIComponent(forged)}%0d%0a HTTP/1.1\r\nHost: x\r\nUser-Agent: ${forged}\r\nX-Request-Id: a"},${forged}\r\nConnection: close\r\n\r\n`);
  assert.match(await raw("GET /health HTTP/1.1\r\nHost: x\r\nUser-Agent: a\x1b[31m\r\n\r\n"), /^HTTP\/1\.1 400 /);
  const log = join(server.data, "redline_web.log");
  // The log names a route by its pattern, so the path itself is not in it.
  await until("the request to be in the log", () => /"method":"PATCH","route":"-","status":4/.test(readFileSync(log, "utf8")));
  await until("the sign-in to be in the log", () => readFileSync(log, "utf8").includes('"route":"/v1/auth/login"'));
  for (const line of readFileSync(log, "utf8").trim().split("\n")) {
    assert.ok(!line.includes("forged") && !line.includes("\x1b"), line);
    assert.ok(JSON.parse(line).event, line);
  }
});

// D42: memory holds secrets, so none of it is left on the disk.
test("neither the server nor a worker leaves a core dump", async () => {
  await attacker.expect(200, "POST", "/v1/query", { sql: "SELECT 1" });
  const children = readdirSync(`/proc/${server.pid}/task`).flatMap((thread) => readFileSync(`/proc/${server.pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean));
  assert.ok(children.length > 0, "a worker ran");
  for (const pid of [server.pid, ...children]) assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /^Max core file size +0 +0 /m, pid);
});

// A team's name stands in letters to strangers: whoever chooses it must not write the letter.
test("names that would add lines to a letter, or show other than they are, are refused", async () => {
  const key = { scopes: ["query"], expires_at: "2099-01-01T00:00:00Z" };
  for (const name of ["Desk\r\n\r\nClick http://evil.example", "a\tb", "   ", "\u202Etxt.exe", "\u2028", "\u0085"]) {
    for (const [path, more] of [["/v1/teams", {}], ["/v1/keys", key]]) {
      const answer = await attacker.post(path, { name, ...more });
      assert.equal(answer.status, 422, `${path} ${JSON.stringify(name)}`);
      assert.deepEqual(answer.json.errors?.map((one) => one.field) ?? answer.json.fields?.map((one) => one.field ?? one.name), ["name"], answer.text);
    }
  }
  await attacker.expect(201, "POST", "/v1/teams", { name: "Zażółć & 東京" });
});

// D66: there is one way to start, and its gate is the same with and without the demonstration.
test("a server without the demonstration refuses the same routes", async () => {
  const plain = await startServer({ demo: false });
  try {
    const contract = await (await fetch(`${plain.url}/openapi.json`)).json();
    let asked = 0;
    for (const [path, methods] of Object.entries(contract.paths))
      for (const [method, operation] of Object.entries(methods)) {
        if (!["signed_in", "operator_only"].includes(operation["x-access"])) continue;
        const answer = await fetch(plain.url + path.replace(/\{[^}]+\}/g, "x"), { method: method.toUpperCase() });
        assert.equal(answer.status, 401, `${method} ${path}`);
        asked += 1;
      }
    assert.ok(asked > 40, `only ${asked} routes were asked`);
  } finally {
    await plain.stop();
  }
});

test("docs/security.md names tests that exist and bear the number of their fault", () => {
  const rows = readFileSync(join(root, "docs/security.md"), "utf8").split("\n").filter((line) => line.startsWith("| "));
  const numbers = [];
  for (const row of rows) {
    const number = /^\| (D\d+) /.exec(row)?.[1];
    const files = [...row.matchAll(/`((?:src|tests)\/[^`]+)`/g)].map((match) => match[1]);
    for (const file of files) assert.match(readFileSync(join(root, file), "utf8"), new RegExp(number ? `\\b${number}\\b` : ""), `${file} for ${number ?? row}`);
    if (number) numbers.push(Number(number.slice(1)));
    if (number && number !== "D68") assert.ok(files.length > 0, number);
  }
  assert.deepEqual(numbers, [...Array.from({ length: 44 }, (_, i) => i + 1), 66, 67, 68]);
});
