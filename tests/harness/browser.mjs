// Debian's Chromium, headless, with a fresh profile. SHOTS=folder keeps a screenshot of every step.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args });
}

export async function shot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}

// What the page threw, logged as an error or was refused by its content security policy. That the browser logs
// every answer above 399 is no error of the page; `statuses` are those that the test expects.
export function watchErrors(page, statuses = [401]) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    const refused = /the server responded with a status of (\d+)/.exec(message.text());
    if (message.type() === "error" && !refused) errors.push(message.text());
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !statuses.includes(response.status()))
      errors.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    // Streams and requests that the page itself gives up end like this.
    if (!/ERR_ABORTED/.test(request.failure()?.errorText ?? "")) errors.push(`failed: ${request.url()}`);
  });
  return errors;
}
