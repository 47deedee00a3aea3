// What a user does, step by step, in words that the stories share.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { shot, watchErrors } from "../harness/browser.mjs";
import { until } from "../harness/server.mjs";

export const password = "a good long password";
let people = 0;
// The statuses that a page may be answered with. Until somebody signs in 401 is one; from then on it would throw
// them out, and a test that let it pass would miss why.
const expectedOf = new WeakMap();

function signedIn(page) {
  const expected = expectedOf.get(page);
  if (expected?.includes(401)) expected.splice(expected.indexOf(401), 1);
}

export async function openPage(browser, url, options = {}) {
  const { size = { width: 1440, height: 900 }, scheme = "dark", statuses } = options;
  const context = await browser.newContext({ viewport: size, colorScheme: scheme });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const expected = [...(statuses ?? [401])];
  expectedOf.set(page, expected);
  const errors = watchErrors(page, expected);
  await page.goto(url);
  await page.getByTestId("auth-form").waitFor();
  return { context, page, errors };
}

export async function registered(browser, url, options = {}) {
  const opened = await openPage(browser, url, options);
  const { page } = opened;
  people += 1;
  const email = `e2e${people}@example.com`;
  await page.getByTestId("auth-switch").click();
  await page.getByTestId("auth-email").fill(email);
  await page.getByTestId("auth-password").fill(password);
  await page.getByTestId("auth-submit").click();
  await page.getByTestId("welcome").waitFor();
  signedIn(page);
  return { ...opened, email };
}

export async function signInOnPage(page, email) {
  await page.getByTestId("auth-email").fill(email);
  await page.getByTestId("auth-password").fill(password);
  await page.getByTestId("auth-submit").click();
  await page.getByTestId("balance").waitFor();
  signedIn(page);
}

// A drop event with the file's bytes on the page, as the browser makes it when somebody lets go of a file.
export async function dropFile(page, file) {
  const { name, text } = typeof file === "string" ? { name: basename(file), text: readFileSync(file, "utf8") } : file;
  const data = await page.evaluateHandle(
    ([title, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], title, { type: "text/csv" }));
      return transfer;
    },
    [name, text],
  );
  await page.dispatchEvent("body", "dragenter", { dataTransfer: data });
  await page.getByTestId("drop-overlay").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  return name;
}

const cardOf = (page, name) => page.getByTestId("import-card").filter({ hasText: name }).first();

// Drops the file and waits for the end of its import: {kept, refused, words} as the report dialog says it.
export async function importFile(page, file, picture) {
  const name = await dropFile(page, file);
  const card = cardOf(page, name);
  await card.and(page.locator('[data-stage="done"], [data-stage="failed"]')).waitFor();
  assert.equal(await card.getAttribute("data-stage"), "done", await card.innerText());
  await card.getByTestId("import-open-report").click();
  const report = page.getByTestId("import-report");
  await report.waitFor();
  const said = {
    kept: numberIn(await page.getByTestId("report-kept").innerText()),
    refused: numberIn(await page.getByTestId("report-refused").innerText()),
    words: await report.innerText(),
  };
  if (picture) await shot(page, picture);
  await page.keyboard.press("Escape");
  await page.getByTestId("report-dialog").waitFor({ state: "detached" });
  return said;
}

const numberIn = (text) => Number(text.replaceAll(",", ""));

// The text of the first row of the answer.
export async function runSql(page, sql) {
  await typeSql(page, sql);
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === "/v1/query");
  await page.keyboard.press("Control+Enter");
  const response = await answered;
  if (!response.ok()) return { status: response.status(), row: [] };
  await page.getByTestId("sql-run").and(page.locator(":enabled")).waitFor();
  const row = page.getByTestId("results-grid").locator(".grid-rows .grid-row").first();
  return { status: response.status(), row: await row.getByRole("gridcell").allInnerTexts() };
}

export async function typeSql(page, sql) {
  await page.getByTestId("sql-editor").locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(sql);
}

export async function chip(page) {
  const read = page.getByTestId("balance").evaluate((element) => ({
    state: element.dataset.state,
    rate: Number(element.dataset.rate),
    seconds: Number(element.dataset.remainingSeconds),
    text: element.innerText,
  }));
  return read.catch(async (error) => {
    const shown = await page.locator("body").innerText({ timeout: 5_000 }).catch(String);
    throw new Error(`no balance at ${page.url()}, which shows:\n${shown.slice(0, 500)}`, { cause: error });
  });
}

export const chipWith = (page, selector) => page.locator(`[data-testid="balance"]${selector}`).waitFor();

// Notes in the page when each second was first shown: a look from outside may come too late for one.
const noteSeconds = (page) =>
  page.getByTestId("balance").evaluate((element) => {
    window.secondsShown = {};
    const note = () => (window.secondsShown[element.dataset.remainingSeconds] ??= Date.now());
    new MutationObserver(note).observe(element, { attributes: true, attributeFilter: ["data-remaining-seconds"] });
  });

// How many milliseconds lie between two pages' showing the same second: the median of five seconds, as one
// late frame of a busy machine is not the page's clock.
export async function secondsApart(pages) {
  await Promise.all(pages.map(noteSeconds));
  let apart = [];
  await until("five seconds that both pages showed", async () => {
    const [one, two] = await Promise.all(pages.map((page) => page.evaluate(() => window.secondsShown)));
    apart = Object.keys(one).filter((shown) => shown in two).map((shown) => Math.abs(one[shown] - two[shown]));
    return apart.length >= 5;
  });
  return apart.sort((a, b) => a - b)[2];
}

// Coloured pixels of each pane of the chart: candles above, volume below.
export async function paintedPixels(page) {
  return page.getByTestId("chart").evaluate((element) =>
    [...element.querySelectorAll("tr")]
      .map((row) => {
        let painted = 0;
        for (const canvas of row.querySelectorAll("canvas")) {
          if (canvas.width === 0 || canvas.height === 0) continue;
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          for (let at = 0; at < data.length; at += 4) {
            const spread = Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]);
            if (data[at + 3] > 60 && spread > 40) painted += 1;
          }
        }
        return painted;
      })
      .filter((painted) => painted > 200),
  );
}

export async function assertFits(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${what} is ${wide} pixels too wide`);
}
