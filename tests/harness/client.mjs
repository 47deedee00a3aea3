// A client as an integrator would write it; every answer is checked against the contract.
import { judge } from "./contract.mjs";

let counter = 0;

export class Client {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  // {status, headers, text, json}. `body`: a value is sent as JSON, a Buffer or text as it is.
  async call(method, path, body, headers = {}) {
    const all = { ...headers };
    if (this.token) all.Authorization = `Bearer ${this.token}`;
    let payload = body;
    if (body !== undefined && typeof body === "object" && !Buffer.isBuffer(body)) {
      payload = JSON.stringify(body);
      all["Content-Type"] ??= "application/json";
    }
    const response = await fetch(this.url + path, { method, body: payload, headers: all, redirect: "manual" });
    const text = await response.text();
    const type = response.headers.get("content-type");
    if (!headers["X-Not-In-Contract"])
      judge(method, new URL(this.url + path).pathname, response.status, type, text);
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: /json/.test(type ?? "") && text !== "" ? JSON.parse(text) : undefined,
    };
  }

  get(path, headers) {
    return this.call("GET", path, undefined, headers);
  }

  post(path, body, headers) {
    return this.call("POST", path, body, headers);
  }

  async expect(status, method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status}, not ${status}: ${answer.text.slice(0, 1500)}`);
    return answer.json ?? answer.text;
  }

  // A dataset from a file's bytes; waits for the job; gives the job.
  async importFile(name, bytes, query = "") {
    const started = await this.call("PUT", `/v1/datasets/${name}${query}`, bytes, { "Content-Type": "application/octet-stream" });
    if (started.status !== 202) return started;
    const id = started.json.job.id;
    for (;;) {
      const job = await this.expect(200, "GET", `/v1/jobs/${id}`);
      if (["succeeded", "failed", "cancelled"].includes(job.state)) return { status: 202, json: job };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

export async function register(url) {
  counter += 1;
  const email = `user${process.pid}-${counter}-${Math.trunc(performance.now())}@example.com`;
  const password = "correct horse battery";
  const client = new Client(url);
  const made = await client.expect(201, "POST", "/v1/auth/register", { email, password });
  client.token = made.access_token;
  client.account = made.account.id;
  client.user = made.user;
  client.email = email;
  client.password = password;
  client.refresh_token = made.refresh_token;
  return client;
}

export async function signIn(url, who) {
  const client = new Client(url);
  const signed = await client.expect(200, "POST", "/v1/auth/login", { email: who.email, password: who.password });
  client.token = signed.access_token;
  client.account = signed.account.id;
  client.user = signed.user;
  return client;
}

// Gives time as the operator would.
export async function grant(operator, account, amount_ms, key) {
  return operator.expect(
    201,
    "POST",
    "/v1/admin/grants",
    { account_id: account, amount_ms, kind: "manual", reason: "for a test" },
    key ? { "Idempotency-Key": key } : {},
  );
}
