// My own account on the page: which one this tab works for, another address, what happened to it, and leaving. SHOTS=folder
// keeps pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, shot } from "../harness/browser.mjs";
import { outboxToken } from "../harness/mailbox.mjs";
import { startServer, until } from "../harness/server.mjs";
import { assertFits, openPage, password, registered } from "./steps.mjs";

let browser;
let server;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("who has a team chooses whose hours and data the tab uses, and it stays so after a reload", async () => {
  const { page, context, errors } = await registered(browser, server.url);
  assert.equal(await page.getByTestId("account-switch").count(), 0, "one account is no choice");
  await page.goto(`${server.url}/#/account/team`);
  await page.getByTestId("team-form").getByLabel("Name").fill("Desk");
  await page.keyboard.press("Enter");
  await page.getByTestId("account-switch").waitFor();
  const named = page.waitForRequest((request) => request.url().includes("/v1/balance/stream?redline-account=acc_"));
  await page.getByTestId("account-switch").selectOption({ label: "Desk" });
  await named;
  const chosen = () => page.getByTestId("account-switch").locator("option:checked").textContent();
  await until("the team to be chosen", async () => (await chosen()) === "Desk");
  await page.goto(`${server.url}/#/usage`);
  await page.reload();
  await page.getByTestId("account-switch").waitFor();
  assert.equal(await chosen(), "Desk");
  await shot(page, "profile-switch-dark");
  await page.setViewportSize({ width: 360, height: 740 });
  await assertFits(page, "the switch");
  await shot(page, "profile-switch-360");
  await page.getByTestId("account-switch").selectOption({ label: "Personal" });
  await until("the own account to be chosen", async () => (await chosen()) === "Personal");
  assert.deepEqual(errors, []);
  await context.close();
});

test("another address, the log of what happened, and leaving for good", async () => {
  const { page, context, errors, email } = await registered(browser, server.url, { scheme: "light", statuses: [401] });
  await page.goto(`${server.url}/#/account`);
  const agent = page.getByTestId("sign-in").locator(".agent");
  assert.equal(await agent.textContent(), "Chromium on Linux");
  assert.match(await agent.getAttribute("title"), /^Mozilla\/5\.0 /);
  await page.getByTestId("email-open").click();
  const form = page.getByTestId("email-form");
  await form.getByLabel("New address").fill(`next-${email}`);
  await form.getByLabel("Your password").fill(password);
  await page.keyboard.press("Enter");
  await page.getByTestId("email-sent").waitFor();
  await shot(page, "profile-light");
  await page.goto(`${server.url}/#email=${await outboxToken(server, `next-${email}`, "email")}`);
  await page.getByText("Your new address is confirmed.").waitFor();
  await page.goto(`${server.url}/#/account/log`);
  await page.getByTestId("own-log").getByText("E-mail address changed").waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  await assertFits(page, "the log");
  await shot(page, "profile-log-360");
  await page.goto(`${server.url}/#/account`);
  await page.reload();
  await page.getByTestId("leave-open").click();
  const leave = page.getByTestId("leave-form");
  const button = leave.getByRole("button");
  await leave.getByLabel("Your password").fill(password);
  await leave.getByLabel(/^Type/).fill("something else");
  assert.equal(await button.isDisabled(), true, "not before the address is typed");
  await leave.getByLabel(/^Type/).fill(`next-${email}`);
  await assertFits(page, "leaving");
  await shot(page, "profile-leave-360");
  await button.click();
  await page.getByText("Your account and its data are deleted.").waitFor();
  await page.getByTestId("auth-form").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
