// The account page, as somebody walks it: sign up, confirm by mail, a forgotten password, second factor, sessions, keys, a
// team, the security log. SHOTS=folder keeps pictures, dark and light, wide and at 360 px.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import jsQR from "jsqr";
import { launch, shot } from "../harness/browser.mjs";
import { Client, signIn } from "../harness/client.mjs";
import { Mailbox, authenticatorCode } from "../harness/mailbox.mjs";
import { startServer, until } from "../harness/server.mjs";
import { openPage, password } from "./steps.mjs";

let browser;
let mailbox;
let server;
before(async () => {
  mailbox = await new Mailbox().start();
  server = await startServer({ env: { SMTP_URL: mailbox.url, SMTP_FROM: "Redline <redline@example.com>" } });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  mailbox?.stop();
});

const statuses = [401, 410]; // asked for on purpose
const fill = (page, email, word = password) => page.getByTestId("auth-email").fill(email).then(() => page.getByTestId("auth-password").fill(word));
const send = (page) => page.getByTestId("auth-submit").click();

async function signedUp(email, options = {}) {
  const opened = await openPage(browser, server.url, { statuses, ...options });
  const { page } = opened;
  await page.getByTestId("auth-switch").click();
  await fill(page, email);
  await send(page);
  await page.getByTestId("auth-said").waitFor();
  await shot(page, `account-${email.split("@")[0]}-sent`);
  await page.goto(`${server.url}/#verify=${await mailbox.token(email, "Confirm", "verify")}`);
  await page.getByTestId("auth-mail").getByText("Your address is confirmed").waitFor();
  assert.ok(!page.url().includes("verify"), "the word does not stay in the address");
  await fill(page, email);
  await send(page);
  await page.getByTestId("balance").waitFor();
  return opened;
}

// What a camera would read of the picture.
async function scanned(page, png) {
  const { data, width, height } = await page.evaluate(async (bytes) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    return { data: [...context.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
  }, [...png]);
  return jsQR(new Uint8ClampedArray(data), width, height).data;
}

async function fits(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, "nothing sticks out at the side");
}

test("sign up, confirm, second factor, sign in with a code, sessions", async () => {
  const email = "ada@example.com";
  const { page, context, errors } = await signedUp(email);
  await page.goto(`${server.url}/#/account`);
  await page.getByTestId("factor-state").getByText(/^Off:/).waitFor();
  assert.equal(await page.getByTestId("factor-off").count(), 0, "what is off cannot be turned off");
  await page.getByTestId("factor-on").focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("factor-start").getByLabel("Your password").fill(password);
  await page.keyboard.press("Enter");
  const secret = (await page.getByTestId("factor-secret").textContent()).trim();
  const drawn = await page.getByTestId("factor-qr").screenshot();
  assert.equal(new URL(await scanned(page, drawn)).searchParams.get("secret"), secret, "the picture says the same");
  await shot(page, "account-factor-secret");
  await page.getByTestId("factor-confirm").getByLabel("Six digits").fill(authenticatorCode(secret));
  await page.keyboard.press("Enter");
  await page.getByTestId("recovery-codes").waitFor();
  const codes = await page.getByTestId("recovery-codes").locator("code").allTextContents();
  assert.equal(new Set(codes).size, 10);
  await shot(page, "account-factor-codes");
  await page.getByText("I have kept them").click();
  await page.getByTestId("factor-state").getByText(/^On:/).waitFor();
  assert.equal(await page.getByTestId("factor-on").count(), 0, "what is on cannot be turned on");
  await shot(page, "account-security-dark");

  const second = await openPage(browser, server.url, { statuses, scheme: "light", size: { width: 360, height: 740 } });
  await fill(second.page, email);
  await send(second.page);
  await second.page.getByTestId("auth-code").fill(codes[0]);
  await send(second.page);
  await second.page.getByTestId("balance").waitFor();
  await second.page.goto(`${server.url}/#/account`);
  await second.page.getByTestId("sign-in").nth(1).waitFor();
  await fits(second.page);
  await shot(second.page, "account-security-360-light");

  await page.reload();
  await page.getByTestId("sign-in").nth(1).waitFor();
  await page.getByTestId("sign-in-end").click();
  await until("one sign-in to be left", async () => (await page.getByTestId("sign-in").count()) === 1);
  await second.page.reload();
  await second.page.getByTestId("auth-form").waitFor();
  await page.getByTestId("factor-off").click();
  await page.getByTestId("factor-stop").getByLabel("Your password").fill(password);
  await page.getByTestId("factor-stop").getByLabel(/Code/).fill(codes[1]);
  await page.keyboard.press("Enter");
  await page.getByTestId("factor-state").getByText(/^Off:/).waitFor();
  await page.getByTestId("sign-out-everywhere").click();
  await page.getByTestId("auth-form").waitFor();
  assert.deepEqual([...errors, ...second.errors], []);
  await Promise.all([context.close(), second.context.close()]);
});

test("a forgotten password is chosen anew by the mail's link, once", async () => {
  const email = "bea@example.com";
  const { page, context, errors } = await signedUp(email);
  await context.clearCookies();
  await page.goto(`${server.url}/`);
  await page.reload();
  await page.getByTestId("auth-forgot").click();
  await page.getByTestId("auth-email").fill(email);
  await shot(page, "account-forgot");
  await send(page);
  await page.getByTestId("auth-said").waitFor();
  const token = await mailbox.token(email, "new password", "reset");
  for (const outcome of ["auth-said", "auth-error"]) {
    await page.goto(`${server.url}/#reset=${token}`);
    await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
    await page.getByTestId("auth-password").fill("another fine password");
    await shot(page, "account-reset");
    await send(page);
    await page.getByTestId(outcome).waitFor();
  }
  await page.getByTestId("auth-back").click();
  await fill(page, email, "another fine password");
  await send(page);
  await page.getByTestId("balance").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("a key is made with its scopes, shown once, rotated beside itself and revoked", async () => {
  const { page, context, errors } = await signedUp("cleo@example.com", { size: { width: 360, height: 740 } });
  await page.goto(`${server.url}/#/account/keys`);
  const form = page.getByTestId("key-form");
  await form.getByLabel("Name").fill("nightly job");
  await form.getByLabel("Read balance, usage and receipts").check();
  await page.keyboard.press("Enter");
  const secret = (await page.getByTestId("key-secret").textContent()).trim();
  await new Client(server.url, secret).expect(200, "GET", "/v1/balance");
  await new Client(server.url, secret).expect(403, "GET", "/v1/datasets");
  await fits(page);
  await shot(page, "account-keys-360-dark");
  await page.getByTestId("key-rotate").first().click();
  const next = await until("another secret", async () => {
    const text = (await page.getByTestId("key-secret").textContent()).trim();
    return text !== secret && text;
  });
  for (const one of [secret, next]) await new Client(server.url, one).expect(200, "GET", "/v1/balance");
  await page.reload();
  await page.getByTestId("key-row").nth(1).waitFor();
  assert.equal(await page.getByTestId("key-secret").count(), 0, "shown once");
  for (let left = 2; left > 0; left -= 1) {
    await page.getByTestId("key-revoke").first().click();
    await until("it to be gone", async () => (await page.getByTestId("key-row").count()) === left - 1);
  }
  for (const one of [secret, next]) await new Client(server.url, one).expect(401, "GET", "/v1/balance");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a team: made, invited into by mail, joined by its link, left", async () => {
  const owner = await signedUp("dana@example.com");
  await owner.page.goto(`${server.url}/#/account/team`);
  await owner.page.getByTestId("team-form").getByLabel("Name").fill("Desk");
  await owner.page.keyboard.press("Enter");
  await owner.page.getByTestId("team").waitFor();
  await owner.page.getByTestId("invite-open").click();
  const invite = owner.page.getByTestId("invite-form");
  await invite.getByLabel("E-mail").fill("eli@example.com");
  await owner.page.keyboard.press("Enter");
  await owner.page.getByTestId("invitation").getByText("member", { exact: true }).waitFor();
  await shot(owner.page, "account-team-dark");
  const guest = await signedUp("eli@example.com", { scheme: "light" });
  await guest.page.goto(`${server.url}/#invitation=${await mailbox.token("eli@example.com", "invited", "invitation")}`);
  await guest.page.getByTestId("join-form").getByRole("button").click();
  await guest.page.getByTestId("team").waitFor();
  await shot(guest.page, "account-team-light");
  await owner.page.reload();
  await owner.page.getByTestId("member").nth(1).waitFor();
  assert.deepEqual(await owner.page.getByTestId("member").locator("select").evaluateAll((all) => all.map((one) => one.value)), ["owner", "member"]);
  await guest.page.getByText("Leave", { exact: true }).click();
  await until("the team to be gone from the page", async () => (await guest.page.getByTestId("team").count()) === 0);
  assert.deepEqual([...owner.errors, ...guest.errors], []);
  await Promise.all([owner.context.close(), guest.context.close()]);
});

test("an operator reads the security log", async () => {
  const operator = await signIn(server.url, server.operator);
  await operator.expect(200, "GET", "/v1/admin/audit");
  const { page, context, errors } = await openPage(browser, server.url, { statuses });
  await fill(page, server.operator.email, server.operator.password);
  await send(page);
  await page.getByTestId("balance").waitFor();
  await page.goto(`${server.url}/#/account/log`);
  await until("the operator's look to be written", async () => {
    await page.reload();
    await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
    return page.getByText("operator", { exact: false }).first().isVisible() && page.getByTestId("audit-table").isVisible();
  });
  await shot(page, "account-log");
  assert.deepEqual(errors, []);
  await context.close();
});
