// Forward-auth with the real proxies, started from the very files of deploy/examples: only the three addresses that
// they name are replaced by free ports.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort, Program } from "../harness/applications.mjs";
import { Client, grant, register, signIn } from "../harness/client.mjs";
import { bearer } from "../harness/gateway.mjs";
import { freshFolder, removeFolder, root, startServer, until } from "../harness/server.mjs";

const plan = '\n[[plans]]\nid = "free"\nname = "Free"\nrequests = ["40/hour"]\ntrial_hours = 0\n';
let server;
let application;
let operator;
const proxies = {};

async function startProxy(name, file, command, args) {
  const port = await freePort();
  const folder = freshFolder("redline-proxy-");
  cpSync(join(root, "deploy/examples", name), folder, { recursive: true });
  const text = readFileSync(join(folder, file), "utf8");
  writeFileSync(
    join(folder, file),
    text
      .replaceAll("127.0.0.1:8080", new URL(server.url).host)
      .replaceAll("127.0.0.1:5000", `127.0.0.1:${application.address().port}`)
      .replaceAll("127.0.0.1:8000", `127.0.0.1:${port}`),
  );
  const program = new Program(command, args(folder), { cwd: folder });
  proxies[name] = { url: `http://127.0.0.1:${port}`, program, folder };
  await program.answering(proxies[name].url);
}

before(async () => {
  application = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers })));
  });
  await new Promise((resolve) => application.listen(0, "127.0.0.1", resolve));
  const config = join(freshFolder(), "redline.toml");
  writeFileSync(config, readFileSync(join(root, "deploy/examples/redline.toml"), "utf8") + plan);
  server = await startServer({ args: ["--config", config] });
  removeFolder(join(config, ".."));
  operator = await signIn(server.url, server.operator);
  await startProxy("nginx", "redline.conf", "nginx", (folder) => {
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${folder}/${one};`).join(" ");
    writeFileSync(join(folder, "nginx.conf"), `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${paths} include ${folder}/redline.conf; }`);
    return ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")];
  });
  await startProxy("caddy", "Caddyfile", "caddy", (folder) => ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]);
  await startProxy("haproxy", "haproxy.cfg", "haproxy", (folder) => ["-db", "-f", join(folder, "haproxy.cfg")]);
});
after(async () => {
  for (const { program, folder } of Object.values(proxies)) {
    await program.stop();
    removeFolder(folder);
  }
  await server?.stop();
  application?.closeAllConnections();
  application?.close();
});

for (const name of ["nginx", "caddy", "haproxy"]) {
  const ask = (path, init) => fetch(proxies[name].url + path, init);
  const refusal = async (answer) => {
    assert.match(answer.headers.get("content-type"), /problem\+json/);
    const problem = await answer.json();
    assert.equal(problem.status, answer.status);
    return [answer.status, problem.reason];
  };

  test(`${name}: nobody gets in without a credential or time, and each hears why`, async () => {
    const open = await ask("/");
    assert.match(open.headers.get("www-authenticate"), /^Bearer/);
    assert.deepEqual(await refusal(open), [401, "unauthenticated"]);
    assert.deepEqual(await refusal(await ask("/", { headers: { Authorization: "Bearer wrong" } })), [401, "token_invalid"]);
    const poor = await register(server.url);
    const unpaid = await ask("/", { headers: bearer(poor) });
    assert.deepEqual(await refusal(unpaid), [402, "subscription_required"]);
  });

  test(`${name}: the application learns who asks, the client's own claims are dropped, and it is use`, async () => {
    const who = await register(server.url);
    await grant(operator, who.account, 3_600_000);
    const forged = { "X-Redline-User": "usr_forged", "X-Redline-Plan": "forged", X_Redline_User: "usr_forged" };
    const answer = await ask("/shop?item=1", { method: "POST", body: "hello", headers: bearer(who, forged) });
    assert.equal(answer.status, 200);
    const seen = await answer.json();
    assert.deepEqual([seen.method, seen.url], ["POST", "/shop?item=1"]);
    assert.deepEqual([seen.headers["x-redline-user"], seen.headers["x-redline-account"], seen.headers["x-redline-plan"]], [who.user.id, who.account, "free"]);
    assert.doesNotMatch(JSON.stringify(seen.headers), /forged/);
    assert.equal(seen.headers.authorization, undefined);
    // Once a second: the plan allows forty requests an hour.
    const run = await until("the use to be settled", async () => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return (await who.expect(200, "GET", "/v1/runs")).data[0];
    });
    assert.ok(run.proofs >= 1 || run.requests >= 1);
  });

  test(`${name}: too many requests are 429 with the time to wait`, async () => {
    const who = await register(server.url);
    await grant(operator, who.account, 3_600_000);
    let refused;
    for (let i = 0; i < 41 && !refused; i += 1) {
      const answer = await ask("/", { headers: bearer(who) });
      if (answer.status !== 200) refused = answer;
    }
    assert.ok(Number(refused.headers.get("retry-after")) >= 1);
    assert.deepEqual(await refusal(refused), [429, "rate_limited"]);
  });

  // Cookies come along from every page; only the browser says which.
  test(`${name}: a cookie is good for an unsafe method only from a page of this origin`, async () => {
    const who = await register(server.url);
    await grant(operator, who.account, 3_600_000);
    const login = await fetch(`${server.url}/v1/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: who.email, password: who.password }) });
    const cookie = login.headers.getSetCookie().map((one) => one.split(";")[0]).find((one) => one.startsWith("rl_session="));
    assert.equal((await ask("/", { headers: { Cookie: cookie } })).status, 200);
    assert.equal((await ask("/", { method: "POST", headers: { Cookie: cookie, Origin: proxies[name].url } })).status, 200);
    const foreign = await ask("/", { method: "POST", headers: { Cookie: cookie, Origin: "https://evil.example" } });
    assert.deepEqual(await refusal(foreign), [403, "csrf_invalid"]);
  });
}

test("the address that is limited is the client's, not the proxy's", async () => {
  // The trusted proxy names it; D28: people behind one proxy do not share one bucket.
  const at = (address) => fetch(`${server.url}/v1/authz`, { headers: { "X-Forwarded-For": address } });
  assert.equal((await at("198.51.100.1")).status, 401);
  assert.equal((await at("198.51.100.2")).status, 401);
});

test("the form for Envoy answers 200 for any path and method, refusals in their own status", async () => {
  const who = await register(server.url);
  const there = new Client(server.url, who.token);
  const unpaid = await there.get("/v1/authz/shop");
  assert.deepEqual([unpaid.status, unpaid.headers.get("redline-status")], [402, "402"]);
  assert.equal(JSON.parse(unpaid.headers.get("redline-problem")).reason, "subscription_required");
  const asked = await there.get("/v1/authz?refuse=403");
  assert.deepEqual([asked.status, asked.headers.get("redline-status")], [403, "402"]);
  await grant(operator, who.account, 3_600_000);
  for (const method of ["GET", "POST", "DELETE"]) {
    const answer = await there.call(method, "/v1/authz/shop");
    assert.deepEqual([answer.status, answer.headers.get("x-redline-user")], [200, who.user.id]);
  }
});

test("when Redline is gone nobody gets in", async () => {
  const who = await register(server.url);
  await grant(operator, who.account, 3_600_000);
  await server.stop();
  for (const { url } of Object.values(proxies)) {
    const answer = await fetch(url, { headers: bearer(who) });
    assert.ok(answer.status >= 500, `${url}: ${answer.status}`);
  }
  server = undefined;
});
