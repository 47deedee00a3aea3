// What the page says before the time runs out, and the switches for it. SHOTS=folder keeps pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, shot } from "../harness/browser.mjs";
import { grant, signIn } from "../harness/client.mjs";
import { startServer, until } from "../harness/server.mjs";
import { assertFits, password, registered } from "./steps.mjs";

let browser;
let server;
let operator;
before(async () => {
  server = await startServer();
  operator = await signIn(server.url, server.operator);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const change = (id, order) => operator.expect(200, "POST", `/v1/admin/grants/${id}`, { reason: "a test", ...order });

// Somebody at the Hours page with that much time, and its one grant.
async function withTime(ms, options) {
  const opened = await registered(browser, server.url, options);
  const client = await signIn(server.url, { email: opened.email, password });
  for (const one of (await client.expect(200, "GET", "/v1/balance")).grants) await change(one.id, { change: "revoke" });
  const { id } = await grant(operator, client.account, ms);
  await opened.page.goto(`${server.url}/#/pay`);
  await opened.page.getByTestId("warning-hour").waitFor();
  await until("the grant to be shown", async () => (await opened.page.getByTestId("pay-balance").textContent()).includes(":"));
  return { ...opened, client, id };
}

for (const scheme of ["dark", "light"]) {
  test(`a level that is reached is said in a corner until it is read, ${scheme}`, async () => {
    const { page, context, errors, id } = await withTime(1_000_000, { scheme });
    const toast = page.getByTestId("low-balance");
    assert.equal(await toast.count(), 0);
    await until("the balance stream", async () => (await page.getByTestId("balance").getAttribute("data-remaining-seconds")) > 900);
    await change(id, { change: "hold", amount_ms: 200_000 });
    await toast.waitFor();
    assert.match(await toast.innerText(), /15 minutes are left/);
    await shot(page, `low-balance-${scheme}`);
    await page.setViewportSize({ width: 360, height: 740 });
    await assertFits(page, "the warning");
    await page.getByTestId("warnings").scrollIntoViewIfNeeded();
    await shot(page, `low-balance-${scheme}-360`);
    await page.getByTestId("low-balance-dismiss").focus();
    await page.keyboard.press("Enter");
    await toast.waitFor({ state: "detached" });
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test("a warning that more time has made untrue goes by itself", async () => {
  const { page, context, errors, client, id } = await withTime(1_000_000);
  await until("the balance stream", async () => (await page.getByTestId("balance").getAttribute("data-remaining-seconds")) > 900);
  await change(id, { change: "adjust", amount_ms: -200_000 });
  await page.getByTestId("low-balance").waitFor();
  await grant(operator, client.account, 3_600_000);
  await page.getByTestId("low-balance").waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
  await context.close();
});

test("the switches are turned by keyboard, kept, and obeyed", async () => {
  const { page, context, errors, client, id } = await withTime(1_000_000, { statuses: [401, 402] });
  const quarter = page.getByRole("switch", { name: "When 15 minutes are left" });
  await until("the switches to be shown as they are kept", () => quarter.isChecked());
  await quarter.focus();
  await page.keyboard.press("Space");
  await until("the switch to be kept", async () => !(await client.expect(200, "GET", "/v1/balance/warnings")).quarter_hour);
  await page.reload();
  await until("it to be shown as kept", async () => (await quarter.isEnabled()) && !(await quarter.isChecked()));
  await until("the balance stream", async () => (await page.getByTestId("balance").getAttribute("data-remaining-seconds")) > 900);
  await change(id, { change: "hold", amount_ms: 200_000 });
  await until("the hold to be shown", async () => (await page.getByTestId("balance").getAttribute("data-remaining-seconds")) < 900);
  assert.equal(await page.getByTestId("low-balance").count(), 0);
  await change(id, { change: "hold" });
  await page.getByTestId("low-balance").waitFor();
  assert.equal(await page.getByTestId("low-balance").getAttribute("data-level"), "0");
  assert.deepEqual(errors, []);
  await context.close();
});
