// The till against replay, forgery and wrong orders. Events are signed by Stripe's own library.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { register } from "../harness/client.mjs";
import { root, startServer } from "../harness/server.mjs";

const secret = "whsec_functional_tests_0123456789";
const stripe = new Stripe("sk_test_none");
let server;

before(async () => (server = await startServer({ env: { STRIPE_WEBHOOK_SECRET: secret } })));
after(async () => server.stop());

function eventFor(order, url, change = () => {}) {
  const session = url.split("/").pop();
  const event = {
    id: `evt_${Math.random().toString(36).slice(2)}`,
    object: "event",
    api_version: "2026-10-28.endive",
    created: Math.trunc(Date.now() / 1000),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: "checkout.session.completed",
    data: {
      object: {
        id: session,
        object: "checkout.session",
        mode: "payment",
        status: "complete",
        payment_status: "paid",
        amount_subtotal: order.amount.amount,
        amount_total: order.amount.amount,
        currency: order.amount.currency,
        client_reference_id: order.account,
        livemode: false,
        metadata: { order_id: order.id, account_id: order.account, sku: order.sku },
      },
    },
  };
  change(event);
  return event;
}

async function deliver(event, options = {}) {
  const payload = options.payload ?? JSON.stringify(event);
  const header = options.header ?? stripe.webhooks.generateTestHeaderString({ payload, secret: options.secret ?? secret, timestamp: options.timestamp });
  const response = await fetch(`${server.url}/v1/webhooks/stripe`, {
    method: "POST",
    body: options.body ?? payload,
    headers: { "Stripe-Signature": header, "Content-Type": "application/json" },
  });
  return response.status;
}

async function order(sku = "hours-5", quantity = 1) {
  const client = await register(server.url);
  const made = await client.expect(201, "POST", "/v1/checkout", { sku, quantity });
  made.order.account = client.account;
  return { client, ...made };
}

async function remaining(client) {
  return (await client.expect(200, "GET", "/v1/balance")).remaining_seconds;
}

// D1, D2, D4: one payment, one credit, however often and however it is told.
test("an event told again, and a second event of the same session, grant nothing more", async () => {
  const { client, order: made, url } = await order();
  const event = eventFor(made, url);
  assert.equal(await deliver(event), 200);
  assert.equal(await remaining(client), 6 * 3600);
  assert.equal(await deliver(event), 200);
  assert.equal(await deliver(eventFor(made, url)), 200);
  await Promise.all([1, 2, 3, 4, 5, 6].map(() => deliver(eventFor(made, url))));
  for (let i = 0; i < 3; i += 1) await client.expect(200, "GET", `/v1/checkout/${made.id}`);
  assert.equal(await remaining(client), 6 * 3600);
});

test("who buys hours has the limits of the buyers' plan from the next request on", async () => {
  const { client, order: made, url } = await order();
  assert.equal((await client.expect(200, "GET", "/v1/session")).plan.id, "free");
  assert.equal(await deliver(eventFor(made, url)), 200);
  const answer = await client.call("GET", "/v1/balance");
  assert.match(answer.headers.get("ratelimit-policy"), /q=200000;w=60/);
  assert.equal((await client.expect(200, "GET", "/v1/session")).plan.id, "hours");
});

test("a forged, altered or old event is refused and grants nothing", async () => {
  const { client, order: made, url } = await order();
  const event = eventFor(made, url);
  assert.equal(await deliver(event, { secret: "whsec_somebody_elses_secret_000" }), 400);
  assert.equal(await deliver(event, { body: JSON.stringify({ ...event, livemode: true }) }), 400);
  assert.equal(await deliver(event, { timestamp: Math.trunc(Date.now() / 1000) - 400 }), 400);
  assert.equal(await deliver(event, { header: "t=1,v1=00" }), 400);
  assert.equal(await remaining(client), 3600);
});

// D7: what was paid is looked at.
test("an unpaid session, another amount or another currency grants nothing", async () => {
  const { client, order: made, url } = await order();
  assert.equal(await deliver(eventFor(made, url, (e) => (e.data.object.payment_status = "unpaid"))), 200);
  assert.equal((await client.expect(200, "GET", `/v1/checkout/${made.id}`)).order.state, "pending");
  const other = await order();
  await deliver(eventFor(other.order, other.url, (e) => (e.data.object.amount_subtotal = 1)));
  const third = await order();
  await deliver(eventFor(third.order, third.url, (e) => (e.data.object.currency = "jpy")));
  for (const one of [client, other.client, third.client]) assert.equal(await remaining(one), 3600);
});

// D3: the account is the order's, whatever the event says.
test("an event that names another account credits the order's account only", async () => {
  const victim = await register(server.url);
  const { client, order: made, url } = await order();
  await deliver(eventFor(made, url, (e) => {
    e.data.object.client_reference_id = victim.account;
    e.data.object.metadata.account_id = victim.account;
  }));
  assert.equal(await remaining(victim), 3600);
  assert.ok([3600, 6 * 3600].includes(await remaining(client)));
});

test("a checkout for an unknown sku, a wrong quantity or an unknown field is refused with the field's name", async () => {
  const client = await register(server.url);
  for (const body of [{ sku: "hours-7" }, { sku: "hours-5", quantity: 0 }, { sku: "hours-5", hours: 500 }, { sku: 5 }, {}]) {
    const problem = await client.expect(422, "POST", "/v1/checkout", body);
    assert.ok(problem.fields.length > 0, JSON.stringify(body));
  }
});

test("the same idempotency key gives the same order, and with another body 409", async () => {
  const client = await register(server.url);
  const key = { "Idempotency-Key": "one-purchase" };
  const first = await client.expect(201, "POST", "/v1/checkout", { sku: "hours-5" }, key);
  const again = await client.expect(201, "POST", "/v1/checkout", { sku: "hours-5" }, key);
  assert.equal(again.order.id, first.order.id);
  assert.equal((await client.expect(409, "POST", "/v1/checkout", { sku: "hours-10" }, key)).reason, "idempotency_conflict");
});

test("another account's order is not found", async () => {
  const { order: made } = await order();
  const other = await register(server.url);
  await other.expect(404, "GET", `/v1/checkout/${made.id}`);
});

test("hours and price are whole numbers and multiply exactly", async () => {
  const { client, order: made, url } = await order("hours-10", 3);
  assert.deepEqual([made.hours, made.amount], [30, { amount: 13500, currency: "usd" }]);
  assert.equal(await deliver(eventFor(made, url)), 200);
  assert.equal(await remaining(client), 31 * 3600);
});

// Every sample body is acknowledged or refused cleanly, and none grants anything to anybody.
test("events of other kinds are acknowledged and change nothing", async () => {
  const { client, order: made, url } = await order();
  for (const type of ["charge.refunded", "invoice.paid", "customer.deleted", "something.new"])
    assert.equal(await deliver(eventFor(made, url, (e) => (e.type = type))), 200);
  assert.equal(await deliver(eventFor(made, url, (e) => (e.livemode = true))), 200);
  assert.equal(await remaining(client), 3600);
});

// Same vectors as the unit test, through the open port, for those whose time can be now.
test("a body that is no JSON, empty or too large is refused", async () => {
  assert.equal(await deliver({}, { payload: "not json" }), 400);
  assert.equal(await deliver({}, { body: "" }), 400);
  assert.equal(await deliver({}, { payload: "x".repeat(2 << 20) }), 413);
  assert.ok(readFileSync(join(root, "tests/data/stripe/signature-vectors.json")).length > 0);
});
