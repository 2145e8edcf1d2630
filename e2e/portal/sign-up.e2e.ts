import { expect, it } from "vitest";
import { expectAccessible } from "../fixtures/accessibility.ts";
import { launchBrowser } from "../fixtures/browser.ts";
import { startHotspot } from "../fixtures/hotspot.ts";
import { linkIn } from "../fixtures/mailbox.ts";

const hotspot = await startHotspot();
const browser = await launchBrowser();

it("a newcomer signs up, follows the link of the mail and is at the first step, without a console error", async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));

  await page.goto(`${hotspot.portalUrl}/sign-up`);
  await expectAccessible(page);
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel(/e-?mail/i).fill("ada@example.com");
  await page.getByLabel("Password", { exact: true }).fill("a long enough password");
  await page.getByRole("button", { name: /sign up|create/i }).click();
  const mail = await hotspot.mailbox.waitFor("ada@example.com", "verify_email");
  await page.goto(linkIn(mail, "/verify-email"));
  await page.waitForURL(/\/start/);
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});
