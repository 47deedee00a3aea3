// What the page must not pretend: time that nobody proves, a result that is whole, an import that is new.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn } from "../harness/client.mjs";
import { launch, shot } from "../harness/browser.mjs";
import { startServer, until } from "../harness/server.mjs";
import {
  chip,
  chipWith,
  dropFile,
  importFile,
  openPage,
  password,
  registered,
  secondsApart,
  signInOnPage,
  typeSql,
} from "./steps.mjs";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const prices = (name) => ({ name, text: "date,open,high,low,close,volume\n2020-01-02,1,2,1,2,10\n2020-01-03,2,3,2,3,20\n" });

test("two tabs agree to the second, and both stand still as soon as nobody is at the workbench", async () => {
  const { page, context, errors, email } = await registered(browser, server.url);
  const other = await context.newPage();
  await other.goto(`${server.url}/#/usage`);
  await page.bringToFront(); // a tab in the background proves nothing
  await Promise.all([page, other].map((tab) => chipWith(tab, '[data-rate="1"]')));
  assert.ok((await secondsApart([page, other])) < 1000, "both show the same second");
  await page.getByTestId("nav-usage").click();
  await Promise.all([page, other].map((tab) => chipWith(tab, '[data-rate="0"]')));
  const client = await signIn(server.url, { email, password });
  const asked = await client.expect(200, "GET", "/v1/balance");
  await Promise.all([page, other].map((tab) => chipWith(tab, `[data-remaining-seconds="${asked.remaining_seconds}"]`)));
  // The server calls it burning for a while longer, in case a beat comes. The pages must not count on that.
  await until("the server to see that nobody is there", async () => (await client.expect(200, "GET", "/v1/balance")).rate === 0, 60);
  for (const tab of [page, other]) assert.equal((await chip(tab)).seconds, asked.remaining_seconds);
  assert.match((await chip(other)).text, /standing still/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("two browsers of one account show the same second", async () => {
  const one = await registered(browser, server.url);
  const two = await openPage(browser, server.url);
  await signInOnPage(two.page, one.email);
  await Promise.all([one, two].map(({ page }) => chipWith(page, '[data-rate="1"]')));
  assert.ok((await secondsApart([one.page, two.page])) < 1000);
  assert.deepEqual([...one.errors, ...two.errors], []);
  await one.context.close();
  await two.context.close();
});

test("a result that is cut off says so and keeps its rows, marked as incomplete", async () => {
  const { page, context, errors } = await registered(browser, server.url);
  await page.getByTestId("nav-sql").click();
  const sql =
    "SELECT i, repeat('x', 30) AS filler, CAST(CASE WHEN i = 90000 THEN 'no number' ELSE '1' END AS INTEGER) AS one FROM range(100000) t(i)";
  await typeSql(page, sql);
  await page.keyboard.press("Control+Enter");
  const said = page.getByTestId("sql-error");
  await said.waitFor();
  assert.match(await said.innerText(), /cut off after [\d,]+ rows[\s\S]*no number/);
  await page.getByTestId("results-incomplete").waitFor();
  const rows = Number(await page.getByTestId("results-grid").getAttribute("data-rows"));
  assert.ok(rows > 0 && rows < 90_000, `${rows} rows came before the one that failed`);
  await shot(page, "dark-1440-cut");
  assert.deepEqual(errors, []);
  await context.close();
});

test("cards of finished imports leave when their report was read, or when they are dismissed", async () => {
  const { page, context, errors } = await registered(browser, server.url);
  const cards = page.getByTestId("import-card");
  await importFile(page, prices("one.csv"));
  assert.equal(await cards.count(), 0, "its report was read");
  for (const name of ["two.csv", "three.csv", "four.csv"]) {
    await dropFile(page, prices(name));
    await cards.filter({ hasText: name }).and(page.locator('[data-stage="done"]')).waitFor();
  }
  await shot(page, "dark-1440-imports");
  await cards.filter({ hasText: "two.csv" }).getByTestId("import-dismiss").click();
  assert.equal(await cards.count(), 2);
  await page.getByTestId("imports-clear").click();
  assert.equal(await cards.count(), 0);
  await page.getByTestId("imports-clear").waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
  await context.close();
});
