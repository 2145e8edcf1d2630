import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import { signUp } from "../fixtures/account.ts";
import { watchedBrowser } from "../fixtures/browser.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { gate } from "../fixtures/gate.ts";
import { linkIn } from "../fixtures/mailbox.ts";
import { promised } from "../fixtures/promised.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { bodyOf, startUpstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

const world = await portalWorld();
const browser = watchedBrowser();

/** What a person does first, in the order in which the pages lead them, with nothing prepared. */
test("sign up, confirm by mail, claim a name, connect, try it, rotate the token, sign out", {
  timeout: 120_000,
}, async () => {
  const { page, complaints } = await browser.open();
  const email = `newcomer-${randomBytes(4).toString("hex")}@example.test`;
  const upstream = await startUpstream();
  const secondEvent = gate();
  upstream.on("/v1/models", (_req, res) => {
    res.setHeader("content-type", "application/json");
    res.end('{"object":"list","data":[{"id":"small-model","object":"model"}]}');
  });
  upstream.on("/v1/chat/completions", async (req, res) => {
    await bodyOf(req);
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(event("The first words"));
    await secondEvent.opened;
    res.write(event(" and the last."));
    res.end("data: [DONE]\n\n");
  });

  await page.goto(world.portalUrl);
  await page
    .getByRole("link", { name: /sign up|start|create/i })
    .first()
    .click();
  await page.waitForURL("**/sign-up");
  await page.getByLabel("Name").fill("Grace Newcomer");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();

  const link = linkIn(await world.mailbox.next(email), "/verify-email");
  expect(link.origin).toBe(world.portalUrl);
  await page.goto(link.href);
  await page.waitForURL("**/start**");

  await page.getByLabel("Subdomain").fill("admin");
  await page
    .getByText(/reserved|kept back|not available/i)
    .first()
    .waitFor();
  await page.getByLabel("Subdomain").fill("grace-models");
  await page.getByText("grace-models is free").waitFor();
  await page.getByRole("button", { name: "Claim this name" }).click();
  await page.getByText("Save these now").waitFor();
  const [licenseKey, endpointToken] = [
    await secretOnPage(page, "hs_lic_"),
    await secretOnPage(page, "hs_ep_"),
  ];
  await page.getByText("Waiting for your connector").waitFor();

  const connector = await startConnector({
    licenseKey,
    slug: "grace-models",
    to: upstream.url,
    portalUrl: world.portalUrl,
    configDir: `${world.dataDir}/connector`,
  });
  world.stopLater(connector);
  const liveAt = Date.now();
  await page.getByText("Online", { exact: true }).first().waitFor();
  expect(Date.now() - liveAt).toBeLessThan(promised(1_500));

  await page.getByLabel("Prompt").fill("Say something.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const answer = page.locator("[data-answer]");
  await vi.waitFor(async () => expect(await answer.textContent()).toBe("The first words"), 30_000);
  secondEvent.open();
  await vi.waitFor(
    async () => expect(await answer.textContent()).toBe("The first words and the last."),
    10_000,
  );

  const tokenStatus = async (token: string) => {
    const host = `Host: ${world.hostOf("grace-models")}`;
    const lines = ["GET /v1/models HTTP/1.1", host, `Authorization: Bearer ${token}`];
    return (await rawRequest(world.relay.port, lines)).status;
  };
  expect(await tokenStatus(endpointToken)).toBe(200);
  await page.goto(`${world.portalUrl}/endpoints/grace-models/settings`);
  await page
    .getByRole("button", { name: /rotate/i })
    .first()
    .click();
  const dialog = page.getByRole("dialog").or(page.getByRole("alertdialog"));
  if (await dialog.isVisible()) await dialog.getByRole("button", { name: /rotate/i }).click();
  const rotated = await secretOnPage(page, "hs_ep_");
  expect(rotated).not.toBe(endpointToken);
  expect(await tokenStatus(endpointToken)).toBe(401);
  expect(await tokenStatus(rotated)).toBe(200);
  await page.reload();
  expect(await page.content()).not.toContain(rotated);

  await page.goto(`${world.portalUrl}/endpoints/grace-models/requests`);
  await page.getByText("/v1/chat/completions").first().waitFor();

  await connector.stop();
  await page.goto(`${world.portalUrl}/endpoints/grace-models`);
  await page.getByText("Offline", { exact: true }).first().waitFor();

  await page.getByRole("button", { name: /Grace Newcomer/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.goto(`${world.portalUrl}/endpoints`);
  await page.waitForURL("**/sign-in**");
  expect(complaints).toEqual([]);
  await upstream.stop();
});

test("forgotten password: the mail's link sets a new one, once; the old one and old sessions stop", async () => {
  const account = await signUp(world.portalUrl, world.mailbox);
  const earlier = await world.mailbox.all();
  const { page, complaints } = await browser.open();
  await page.goto(`${world.portalUrl}/forgot-password`);
  await page.getByLabel("Email").fill(account.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();
  const link = linkIn(await world.mailbox.next(account.email, earlier), "/reset-password");

  await page.goto(link.href);
  await page.getByLabel("New password").fill("an entirely new sentence");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL("**/sign-in**");
  expect((await account.call("GET", "/endpoints")).status).toBe(302);

  await page.getByLabel("Email").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill("an entirely new sentence");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => /^\/(endpoints|start)/.test(url.pathname));
  expect(complaints).toEqual([]);

  const other = await browser.open();
  await other.page.goto(link.href);
  await other.page.getByLabel("New password").fill("a third sentence for nobody");
  await other.page.getByRole("button", { name: "Set the password" }).click();
  await other.page.getByRole("heading", { name: "This link does not work any more" }).waitFor();
  await other.page.goto(`${world.portalUrl}/sign-in`);
  await other.page.getByLabel("Email").fill(account.email);
  await other.page.getByLabel("Password", { exact: true }).fill(account.password);
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await other.page.getByText("E-mail address or password is wrong.").waitFor();
});

const event = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

/** A secret as the page shows it for the one time. */
async function secretOnPage(page: Page, prefix: string): Promise<string> {
  const shown = page.locator("code", { hasText: new RegExp(`^${prefix}[0-9a-zA-Z]+$`) }).first();
  return (await shown.textContent())!.trim();
}
