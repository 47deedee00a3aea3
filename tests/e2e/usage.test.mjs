// What was used, and why it cost what it did.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn } from "../harness/client.mjs";
import { launch, shot } from "../harness/browser.mjs";
import { startServer, until } from "../harness/server.mjs";
import { assertFits, password, registered } from "./steps.mjs";

const kGapMs = 1500;
let server;
let browser;

before(async () => {
  const env = { REDLINE_METERING_IDLE_GAP_MS: String(kGapMs) };
  [server, browser] = await Promise.all([startServer({ env }), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// An account with two closed runs, looked at without beats.
async function used() {
  const opened = await registered(browser, server.url);
  const { page, email } = opened;
  await page.getByTestId("nav-usage").click();
  const client = await signIn(server.url, { email, password });
  const closed = async (count) => {
    const runs = (await client.expect(200, "GET", "/v1/runs")).data;
    return runs.length >= count && runs.every((run) => run.state === "closed") ? runs : undefined;
  };
  await client.post("/v1/query", { sql: "SELECT 1" });
  const before = await until("the first run to end", () => closed(1));
  await client.post("/v1/query", { sql: "SELECT 2" });
  const runs = await until("the second run to end", () => closed(before.length + 1));
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.locator(`[data-testid="timeline-run"][data-run="${runs[0].id}"]`).waitFor();
  return { ...opened, client, runs };
}

test("a run on its day explains itself to the mouse and to the keyboard", async () => {
  const { page, context, errors, client, runs } = await used();
  const stripe = (run) => page.locator(`[data-testid="timeline-run"][data-run="${run.id}"]`).first();
  const facts = (run) => page.locator(`[data-testid="run-facts"][data-run="${run.id}"][aria-busy="false"]`);
  await stripe(runs[1]).dispatchEvent("pointerenter");
  await facts(runs[1]).waitFor();
  const told = await client.expect(200, "GET", `/v1/runs/${runs[1].id}`);
  assert.equal(Number(await facts(runs[1]).getAttribute("data-billed-ms")), told.billed_ms);
  assert.match(await facts(runs[1]).innerText(), /no activity[\s\S]*proofs?[\s\S]*Trial/);
  await shot(page, "dark-1440-timeline");

  await stripe(runs[1]).focus();
  await page.keyboard.press("ArrowRight");
  await facts(runs[0]).waitFor();
  await page.keyboard.press("Enter");
  const dialog = page.getByTestId("run-dialog");
  await dialog.locator("tfoot").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
  await context.close();
});

test("the balance lists its grants as they are used, with their expiries, and follows by itself", async () => {
  const operator = await signIn(server.url, server.operator);
  const { page, context, errors, email } = await registered(browser, server.url);
  await page.getByTestId("nav-usage").click();
  await page.getByTestId("usage-tab-balance").click();
  const rows = page.getByTestId("grant-row");
  await rows.first().waitFor();
  const client = await signIn(server.url, { email, password });
  const give = (order) => operator.expect(201, "POST", "/v1/admin/grants", { account_id: client.account, reason: "a test", ...order });
  const in30Days = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const soon = new Date(Date.now() + 6_000).toISOString();
  const gift = await give({ amount_ms: 7_200_000, kind: "promotional", expires_at: in30Days });
  const bare = await give({ amount_ms: 3_600_000 });
  const brief = await give({ amount_ms: 60_000, expires_at: soon });
  const listed = () => rows.evaluateAll((all) => all.map((row) => row.dataset.grant));
  await rows.nth(3).waitFor();
  assert.deepEqual(await listed(), (await client.expect(200, "GET", "/v1/balance")).grants.map((one) => one.id));
  const row = (id) => page.locator(`[data-testid="grant-row"][data-grant="${id}"]`);
  assert.match(await row(gift.id).innerText(), /Gift[\s\S]*2 h[\s\S]*until/);
  assert.match(await row(bare.id).innerText(), /operator[\s\S]*1 h[\s\S]*does not expire/);
  await shot(page, "dark-1440-balance");
  await row(brief.id).waitFor({ state: "detached" });
  assert.equal((await listed()).length, 3);
  assert.deepEqual(errors, []);
  await context.close();
});

test("every line of the ledger carries the balance after it", async () => {
  const { page, context, errors, client } = await used();
  await page.getByTestId("usage-tab-ledger").click();
  await page.getByTestId("ledger-every").check();
  const entries = (await client.expect(200, "GET", "/v1/ledger?limit=200")).data;
  const rows = page.getByTestId("ledger-row");
  await rows.nth(entries.length - 1).waitFor();
  const shown = await rows.evaluateAll((all) => all.map(({ dataset }) => [dataset.sequence, dataset.changeMs, dataset.balanceMs].map(Number)));
  assert.deepEqual(shown, entries.map((one) => [one.sequence, one.amount_ms, one.available_after_ms]));
  shown.forEach(([, change, after], i) => assert.equal(after - change, shown[i + 1]?.[2] ?? 0));
  const titles = await page.locator('[data-testid="ledger-row"] [title^="SHA-256"]').evaluateAll((all) => all.map((cell) => cell.title.slice(8)));
  assert.deepEqual(titles, entries.map((one) => one.hash));
  await shot(page, "dark-1440-ledger-lines");
  await page.emulateMedia({ colorScheme: "light" });
  await shot(page, "light-1440-ledger-lines");
  assert.deepEqual(errors, []);
  await context.close();
});

test("the receipt is a page that prints", async () => {
  const { page, context, errors, runs } = await used();
  await page.getByTestId("usage-tab-receipts").click();
  const [paper] = await Promise.all([context.waitForEvent("page"), page.getByTestId("receipt-html").click()]);
  await paper.waitForLoadState();
  const text = await paper.evaluate(() => document.body.innerText);
  for (const run of runs) assert.ok(text.includes(`In use from ${run.started_at}`), text);
  assert.match(text, new RegExp(`Charged 0:00:0${runs.length}\\.000 for ${runs.length} runs`));
  for (const scheme of ["light", "dark"]) {
    await paper.emulateMedia({ colorScheme: scheme });
    await shot(paper, `${scheme}-1440-receipt`);
  }
  await paper.setViewportSize({ width: 360, height: 740 });
  await assertFits(paper, "the receipt");
  await shot(paper, "dark-360-receipt");
  await paper.emulateMedia({ media: "print", colorScheme: "dark" });
  const ink = await paper.evaluate(() => getComputedStyle(document.body).color.match(/\d+/g).slice(0, 3).map(Number));
  assert.ok(Math.max(...ink) < 128, `dark letters on paper, not ${ink}`);
  await paper.setViewportSize({ width: 794, height: 1123 });
  await shot(paper, "print-a4-receipt");
  assert.ok((await paper.pdf()).length > 1_000);
  assert.deepEqual(errors, []);
  await context.close();
});

test("the pause that ends a run is the one of the tariff", async () => {
  const { page, context, errors } = await used();
  const rule = page.locator(`[data-testid="runs-rule"][data-idle-gap-ms="${kGapMs}"]`);
  await rule.waitFor();
  assert.match(await rule.innerText(), /more than 1\.500 s/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("the receipt of a month agrees with the ledger and can be had in three forms", async () => {
  const { page, context, errors, runs } = await used();
  await page.getByTestId("usage-tab-receipts").click();
  const sums = page.getByTestId("receipt-sums");
  await sums.waitFor();
  const charged = Number(await sums.getAttribute("data-charged-ms"));
  assert.equal(charged, runs.reduce((sum, run) => sum + run.billed_ms, 0));
  await shot(page, "dark-1440-receipts");
  for (const [form, type] of [["html", "text/html"], ["csv", "text/csv"], ["json", "application/json"]]) {
    const address = await page.getByTestId(`receipt-${form}`).getAttribute("href");
    const answer = await page.request.get(new URL(address, server.url).href);
    assert.equal(answer.status(), 200);
    assert.ok(answer.headers()["content-type"].startsWith(type), form);
  }
  assert.deepEqual(errors, []);
  await context.close();
});
