// A pretend server for work on the page: node web/dev/mock.mjs [port]. Serves web/dist and made-up data in the
// shapes of the contract. Development only; nothing of it is part of the product.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { bars, dataset, report, rows } from "./mock_data.mjs";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const id = (prefix) => `${prefix}_0${[...randomBytes(25)].map((byte) => letters[byte % 32]).join("")}`;
const iso = (ms) => new Date(ms).toISOString();

const state = {
  signedIn: process.env.MOCK_SIGNED_IN === "1",
  remaining: Number(process.env.MOCK_SECONDS ?? 17998) * 1000,
  burningUntil: 0,
  touched: Date.now(),
  streams: new Set(),
  datasets: process.env.MOCK_EMPTY === "1" ? [] : [dataset("aapl", ["AAPL"], 3379, "1d"), dataset("us_large_caps", ["AAPL", "AMZN", "GOOG", "MSFT", "NVDA"], 21540, "1d"), dataset("eurusd_minutes", ["EURUSD"], 184212, "1m")],
  orders: new Map(),
  jobs: new Map(),
  queries: new Map(),
};
const account = id("acc");
const grants = [{ id: id("grt"), kind: "trial", total_ms: 3_600_000 }, { id: id("grt"), kind: "purchase", total_ms: 18_000_000 }];

function balance() {
  const now = Date.now();
  const until = Math.min(now, state.burningUntil);
  if (until > state.touched) state.remaining = Math.max(0, state.remaining - (until - state.touched));
  state.touched = now;
  const burning = state.burningUntil > now && state.remaining > 0;
  return {
    account, remaining_ms: Math.round(state.remaining), server_time: iso(now), remaining_seconds: Math.floor(state.remaining / 1000), remaining_hours: Math.floor(state.remaining / 360) / 10000,
    rate: burning ? 1 : 0, as_of: iso(now), exhausts_at: burning ? iso(now + state.remaining) : null,
    state: state.remaining > 0 ? "active" : "exhausted", held_ms: 0, debt_ms: 0,
    grants: grants.map((grant, index) => ({ ...grant, remaining_ms: Math.round(Math.max(0, Math.min(grant.total_ms, state.remaining - index * 1000))), expires_at: index ? null : iso(now + 30 * 86_400_000), priority: 50 - index })),
  };
}

function announce() {
  const text = `event: balance\nid: ${Date.now()}\ndata: ${JSON.stringify(balance())}\n\n`;
  for (const stream of state.streams) stream.write(text);
}

function touch() {
  state.burningUntil = Date.now() + 60_000;
  announce();
}

function problem(response, status, reason, detail, more = {}) {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: `/docs#${reason}`, title: reason, status, detail, reason, request_id: id("req"), ...more }));
}

function json(response, status, value) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

function events(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  return (name, value) => response.write(`event: ${name}\nid: ${Date.now()}\ndata: ${JSON.stringify(value)}\n\n`);
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

const user = { id: id("usr"), email: "analyst@example.org", email_verified: false };
const limits = { requests: ["600/minute"], storage_mb: 2000, max_upload_mb: 500, concurrent_queries: 2 };
const packs = [[5, 2500], [10, 4500], [20, 8000], [50, 18000]].map(([hours, amount]) => ({ sku: `hours-${hours}`, hours, price: { amount, currency: "usd" }, expires_days: 0 }));

function ledger() {
  let sum = 0;
  let previous = "0".repeat(64);
  const run = id("run");
  const moves = [["grant_issued", 3_600_000, "Trial hour"], ["run_charged", -602_000, "Run"], ["run_charged", -61_250, "Run"], ["grant_issued", 18_000_000, "Bought 5 hours"], ...Array.from({ length: 40 }, () => ["run_charged", -1000, "Run"])];
  return moves.map(([kind, amount_ms, reason], index) => {
    sum += amount_ms;
    const hash = createHash("sha256").update(previous + index).digest("hex");
    const entry = { sequence: index + 1, at: iso(Date.now() - (moves.length - index) * 3_600_000), kind, grant_id: grants[0].id, run_id: kind === "run_charged" ? run : null, amount_ms, available_after_ms: sum, key: kind === "run_charged" ? `run:${run}:${index}` : `trial:${account}`, reason, actor: "system", hash, previous_hash: previous };
    previous = hash;
    return entry;
  }).reverse();
}

function runsList() {
  return [["open", null, 42_000], ["closed", "idle", 1_830_500], ["closed", "signed_out", 61_250], ["closed", "exhausted", 602_000]].map(([kind, ended_because, billed], index) => ({
    id: id("run"), started_at: iso(Date.now() - index * 7_300_000 - billed), ended_at: kind === "open" ? null : iso(Date.now() - index * 7_300_000), state: kind, ended_because,
    active_ms: billed + (index === 3 ? 4000 : 0), billed_ms: billed, unbilled_ms: index === 3 ? 4000 : 0, overlap_ms: index * 3100, proofs: 12 + index, requests: 40 + index * 13, grants: [{ id: grants[0].id, ms: billed }], tariff: 1,
  }));
}

function startJob(name, filename, text) {
  const job = { id: id("job"), kind: "import", state: "running", progress: { done: 0, total: 5000, unit: "rows", rate: null, stage: "Parsing" }, result: null, error: null, created_at: iso(Date.now()), finished_at: null, watchers: new Set() };
  state.jobs.set(job.id, job);
  const step = setInterval(() => {
    job.progress = { ...job.progress, done: job.progress.done + 625, rate: 2500 };
    if (job.state !== "running" || job.progress.done >= 5000) {
      clearInterval(step);
      const bad = /^\s*</.test(text);
      if (job.state === "running") job.state = bad ? "failed" : "succeeded";
      if (bad) job.error = { reason: "not_price_data", detail: "This is a web page, not a price file. Save the file itself, not the page that shows it." };
      if (job.state === "succeeded") {
        const made = dataset(name, [name.toUpperCase()], 5000, "1d", filename);
        state.datasets = [...state.datasets.filter((one) => one.name !== name), made];
        job.result = { dataset: { name }, report: report(5000) };
      }
      job.finished_at = iso(Date.now());
    }
    for (const send of job.watchers) send();
  }, 250);
  return job;
}

const shown = ({ watchers: _, ...job }) => job;
const page = (data) => ({ data, next_cursor: null });
const metered = /^\/v1\/(bars|symbols|query$|datasets\/[^/]+\/rows)/;

async function route(request, response, url) {
  const path = url.pathname;
  const key = `${request.method} ${path}`;
  if (key === "GET /v1/plans") return json(response, 200, { packs, plans: [{ id: "free", name: "Free", limits, included_hours: 0, trial_hours: 1, price: null, period: null }], test_mode: true });
  if (key === "POST /v1/auth/login" || key === "POST /v1/auth/register") {
    const { password } = JSON.parse(await bodyOf(request));
    if (password === "wrong-password") return problem(response, 401, "wrong_credentials", "This e-mail and password do not belong together.");
    state.signedIn = true;
    return json(response, key.endsWith("register") ? 201 : 200, { user, account: { id: account, plan: "free" }, access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 900 });
  }
  if (!state.signedIn) return problem(response, 401, "unauthenticated", "Please sign in.");
  if (metered.test(path) || (request.method === "PUT" && path.startsWith("/v1/datasets/"))) {
    if (balance().state !== "active") return problem(response, 402, "hours_exhausted", "All hours are used. Buy more to go on.", { remaining_seconds: 0 });
    touch();
  }
  switch (key) {
    case "POST /v1/auth/logout": state.signedIn = false; return json(response, 204);
    case "GET /v1/session": return json(response, 200, { user, account: { id: account, plan: "free" }, accounts: [], plan: { id: "free", name: "Free", limits }, roles: [], csrf_token: "mock", test_mode: true });
    case "GET /v1/balance": return json(response, 200, balance());
    case "GET /v1/balance/stream": events(response)("balance", balance()); state.streams.add(response); return void request.on("close", () => state.streams.delete(response));
    case "POST /v1/beats": if (balance().state !== "active") return problem(response, 402, "hours_exhausted", "All hours are used."); touch(); return json(response, 202, balance());
    case "GET /v1/runs": return json(response, 200, page(runsList()));
    case "GET /v1/ledger": return json(response, 200, page(ledger()));
    case "GET /v1/payments": return json(response, 200, page([...state.orders.values()].reverse()));
    case "GET /v1/datasets": return json(response, 200, page(state.datasets));
    case "GET /v1/jobs": return json(response, 200, page([...state.jobs.values()].map(shown)));
    case "GET /v1/symbols": return json(response, 200, page(["AAPL", "AMZN"].map((symbol) => ({ symbol, dataset: "us_large_caps" }))));
    case "POST /v1/checkout": {
      const { sku } = JSON.parse(await bodyOf(request));
      const pack = packs.find((one) => one.sku === sku);
      const order = { id: id("ord"), state: "pending", sku, quantity: 1, hours: pack.hours, amount: pack.price, created_at: iso(Date.now()), paid_at: null, grant_id: null };
      state.orders.set(order.id, order);
      return json(response, 201, { order, url: `/test-checkout/${order.id}` });
    }
    case "POST /v1/query": {
      const { id: query, sql } = JSON.parse(await bodyOf(request));
      if (/selec /i.test(sql)) return problem(response, 422, "sql_error", 'There is a syntax error near "selec".', { position: sql.search(/selec /i) });
      const wait = /slow/i.test(sql) ? 60_000 : 150;
      const timer = setTimeout(() => json(response, 200, rows(/many/i.test(sql) ? 100_000 : 500)), wait);
      return void state.queries.set(query, () => (clearTimeout(timer), problem(response, 422, "query_cancelled", "The query was stopped.")));
    }
  }
  return routeById(request, response, url);
}

async function routeById(request, response, url) {
  const [, , kind, name, rest] = url.pathname.split("/").map(decodeURIComponent);
  const key = `${request.method} ${kind}${rest ? `/${rest}` : ""}`;
  const set = state.datasets.find((one) => one.name === name);
  const job = state.jobs.get(name);
  switch (key) {
    case "GET runs": return json(response, 200, { ...runsList()[1], lines: [{ text: "Requests and beats", ms: 1_700_000 }, { text: "Gaps of at most 60 s between them", ms: 130_500 }] });
    case "GET bars": return json(response, 200, bars(name, url.searchParams.get("interval") ?? "1d"));
    case "DELETE query": state.queries.get(name)?.(); return json(response, 204);
    case "GET checkout": return json(response, 200, { order: state.orders.get(name) });
    case "GET datasets": return set ? json(response, 200, set) : problem(response, 404, "not_found", "There is no such dataset.");
    case "DELETE datasets": state.datasets = state.datasets.filter((one) => one !== set); return json(response, 204);
    case "PUT datasets": {
      const text = (await bodyOf(request)).toString();
      const filename = url.searchParams.get("filename");
      if (/ambiguous/.test(filename) && !url.searchParams.get("date_order")) return problem(response, 422, "ambiguous", "Days and months cannot be told apart in this file.", { questions: [{ id: "date_order", text: "What is 03/04/2020?", choices: ["dmy", "mdy"] }] });
      const started = startJob(name, filename, text);
      return json(response, 202, { job: { id: started.id, state: "queued" }, dataset: { name } });
    }
    case "GET jobs": return json(response, 200, shown(job));
    case "DELETE jobs": job.state = "cancelled"; return json(response, 202, shown(job));
    case "GET jobs/stream": {
      const send = events(response);
      const tell = () => (send("job", shown(job)), job.state !== "running" && response.end());
      job.watchers.add(tell);
      return tell();
    }
  }
  problem(response, 404, "not_found", "There is nothing here.");
}

function pay(response, order) {
  Object.assign(order, { state: "paid", paid_at: iso(Date.now()), grant_id: id("grt") });
  state.remaining = balance().remaining_seconds * 1000 + order.hours * 3_600_000;
  announce();
  response.writeHead(303, { Location: `/?order=${order.id}#/pay` }).end();
}

async function asset(response, path) {
  const name = path === "/" ? "/index.html" : path === "/docs" ? "/docs.html" : path;
  try {
    const bytes = await readFile(join(dist, normalize(name)));
    response.writeHead(200, { "Content-Type": types[extname(name)] ?? "application/octet-stream", "Content-Security-Policy": policy });
    response.end(bytes);
  } catch {
    problem(response, 404, "not_found", "There is nothing here.");
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const order = state.orders.get(url.pathname.split("/").at(-1));
  if (url.pathname.startsWith("/test-checkout/") && order) return pay(response, order);
  if (url.pathname === "/mock/seconds") return (balance(), (state.remaining = Number(url.searchParams.get("left")) * 1000), announce(), json(response, 200, balance()));
  if (url.pathname.startsWith("/v1/")) return route(request, response, url);
  return asset(response, url.pathname);
});
setInterval(() => {
  const before = state.remaining;
  if (before > 0 && balance().state === "exhausted") announce();
  else if (state.burningUntil && state.burningUntil < Date.now()) (state.burningUntil = 0), announce();
}, 250);
server.listen(Number(process.argv[2] ?? 8090), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
