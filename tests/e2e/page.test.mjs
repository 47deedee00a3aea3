// The page itself: narrow screens, both colour schemes, the keyboard, and the limits it ships with.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, shot } from "../harness/browser.mjs";
import { root, startServer } from "../harness/server.mjs";
import { assertFits, importFile, openPage, registered, runSql } from "./steps.mjs";

const stooq = join(root, "tests/data/market/excerpts/stooq-daily-ascii-aapg.us.txt");
const dataset = "stooq_daily_ascii_aapg_us";
let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const scheme of ["light", "dark"])
  test(`at 360 pixels, ${scheme}, nothing is wider than the screen`, async () => {
    const size = { width: 360, height: 740 };
    const { page, context, errors } = await registered(browser, server.url, { size, scheme });
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), scheme);
    await assertFits(page, "the welcome");
    await importFile(page, stooq, `${scheme}-360-report`);
    await page.getByTestId("chart").waitFor();
    await assertFits(page, "the chart");
    await shot(page, `${scheme}-360-chart`);
    await page.getByTestId("datasets-toggle").click();
    await page.getByTestId(`dataset-${dataset}`).waitFor();
    await assertFits(page, "the list of datasets");
    await page.getByTestId("nav-sql").click();
    await runSql(page, `SELECT * FROM ${dataset}`);
    await assertFits(page, "the statement");
    await shot(page, `${scheme}-360-sql`);
    await page.getByTestId("nav-usage").click();
    for (const tab of ["runs", "ledger", "payments"]) {
      await page.getByTestId(`usage-tab-${tab}`).click();
      await page.getByRole("button", { name: "Refresh" }).and(page.locator(":enabled")).waitFor();
      await assertFits(page, tab);
      await shot(page, `${scheme}-360-${tab}`);
    }
    for (const [tab, sign] of [["balance", "pay-balance"], ["receipts", "receipt-sums"]]) {
      await page.getByTestId(`usage-tab-${tab}`).click();
      await page.getByTestId(sign).waitFor();
      await assertFits(page, tab);
      await shot(page, `${scheme}-360-${tab}`);
    }
    await page.getByTestId("nav-pay").click();
    await page.getByTestId("buy-hours-5").waitFor();
    await assertFits(page, "the packs");
    await shot(page, `${scheme}-360-pay`);
    assert.deepEqual(errors, []);
    await context.close();
  });

const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));

async function tabTo(page, testId) {
  for (let step = 0; step < 40; step += 1) {
    if ((await focused(page)) === testId) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not lead to ${testId}`);
}

test("an account is made, a file is queried and the hours are found without a mouse", async () => {
  const { page, context, errors } = await openPage(browser, server.url);
  await tabTo(page, "auth-switch");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Tab");
  await tabTo(page, "auth-email");
  await page.keyboard.type("keys@example.com");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "auth-password");
  await page.keyboard.type("a good long password");
  await page.keyboard.press("Enter");
  await page.getByTestId("welcome").waitFor();

  await page.keyboard.press("?");
  await page.getByTestId("help-dialog").waitFor();
  await shot(page, "dark-1440-help");
  await page.keyboard.press("Escape");
  await page.getByTestId("help-dialog").waitFor({ state: "detached" });

  await tabTo(page, "nav-usage");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none", "the focus can be seen");

  await importFile(page, stooq);
  await page.keyboard.press("/");
  await page.locator("#symbol-input:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  await page.locator('[data-testid="log-toggle"][aria-pressed="true"]').waitFor();
  await page.keyboard.press("4");
  await page.getByTestId("pay-view").waitFor();
  await page.keyboard.press("2");
  await page.getByTestId("sql-editor").locator(".cm-focused").or(page.locator(".cm-editor.cm-focused")).first().waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(`SELECT * FROM ${dataset}`);
  await page.keyboard.press("Control+Enter");
  await page.locator('[data-testid="results-grid"][data-rows="47"]').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("the colour scheme can be changed and stays", async () => {
  const { page, context } = await registered(browser, server.url);
  await page.getByTestId("theme-toggle").click();
  await page.locator('html[data-theme="light"]').waitFor();
  await page.reload();
  await page.getByTestId("welcome").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await context.close();
});

test("with the limits that it ships with, a brisk newcomer is never told to slow down", async () => {
  const env = { REDLINE_LIMITS_GUESSES: undefined, REDLINE_LIMITS_ANONYMOUS: undefined };
  const shipped = await startServer({ env, args: [] });
  try {
    const { page, context, errors } = await registered(browser, shipped.url);
    await importFile(page, stooq);
    await page.getByTestId("chart").waitFor();
    for (const interval of ["1w", "1mo", "1d"]) {
      await page.getByTestId("interval").selectOption(interval);
      await page.locator('.chart-view[aria-busy="false"]').waitFor();
    }
    await page.getByTestId("nav-sql").click();
    for (const column of ["open", "high", "close"])
      assert.equal((await runSql(page, `SELECT max(${column}) FROM ${dataset}`)).status, 200);
    await page.getByTestId("nav-usage").click();
    for (const tab of ["ledger", "payments", "runs"]) {
      await page.getByTestId(`usage-tab-${tab}`).click();
      await page.getByRole("button", { name: "Refresh" }).and(page.locator(":enabled")).waitFor();
    }
    await page.getByTestId("nav-pay").click();
    await page.getByTestId("buy-hours-5").waitFor();
    assert.deepEqual(errors, []); // a 429 would be among them
    await context.close();
  } finally {
    await shipped.stop();
  }
});
