import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { signUp } from "../fixtures/account.ts";
import { expectAccessible, watchedBrowser } from "../fixtures/browser.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { promised } from "../fixtures/promised.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { startUpstream } from "../standins/upstream.ts";
import { HOUR, MONTH, moneyWorld } from "./money-world.ts";
import { cards, changeCard, fillCard, openCheckout, payCheckout } from "./stripe-pages.ts";

const world = await moneyWorld();
const browser = watchedBrowser();
const slug = "paying-customer";

/** The whole way of a customer's money, in the order in which it happens. */
test("buy, connect, use, be billed, fail to pay, be paused after the grace, pay, be back", {
  timeout: 300_000,
}, async () => {
  const account = await signUp(world.portalUrl, world.mailbox, "Grace Payer");
  const { id: tenantId } = await (await account.call("GET", "/api/tenant")).json();
  await world.withoutTrial(tenantId);
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });

  // Buy.
  await openCheckout(page, world.portalUrl, "pro");
  await payCheckout(page);
  await page.getByRole("heading", { level: 1, name: "You are on Pro" }).waitFor();
  await expectAccessible(page);
  await world.stripeNow();

  // License key, address, connector: as the page leads.
  await page.getByRole("button", { name: "Make a license key" }).click();
  const licenseKey = (await page
    .locator("code", { hasText: /^hs_lic_\w+$/ })
    .first()
    .textContent())!.trim();
  await page.getByRole("link", { name: "Choose your address" }).click();
  await page.getByLabel("Subdomain").fill(slug);
  await page.getByRole("button", { name: "Claim this name" }).click();
  await page.getByText("Waiting for your connector").waitFor();
  // That page asks for the list of models as soon as there is a connector: nothing but our requests shall count.
  await page.goto(`${world.portalUrl}/endpoints`);
  const upstream = await startUpstream();
  upstream.on("/v1/models", (_request, response) => void response.end('{"object":"list","data":[]}'));
  world.stopLater(
    await startConnector({
      licenseKey,
      slug,
      to: upstream.url,
      portalUrl: world.portalUrl,
      configDir: `${world.dataDir}/connector`,
    }),
  );

  // Use, and see it.
  for (let count = 0; count < 3; count++) expect((await askEndpoint("/v1/models")).status).toBe(200);
  await vi.waitFor(
    async () => {
      await page.goto(`${world.portalUrl}/billing`);
      expect(await page.getByRole("main").textContent()).toContain("3 requests of 2 million requests");
    },
    { timeout: 30_000, interval: 500 },
  );
  await vi.waitFor(() => expect(reportedRequests()).toBe(3), { timeout: 60_000, interval: 200 });

  // The month ends at Stripe.
  await world.stripeLater(MONTH + 2 * HOUR);
  await vi.waitFor(
    async () => {
      await page.goto(`${world.portalUrl}/billing/invoices`);
      expect(await page.getByRole("row").count()).toBe(3);
    },
    { timeout: 30_000, interval: 500 },
  );
  await page.getByRole("row").nth(1).getByRole("link").first().click();
  const usageLine = page.getByRole("row").filter({ has: page.locator("a[href*='meter=requests']") });
  expect(await usageLine.getByRole("cell").nth(1).textContent()).toBe("3");
  await page.getByText("Paid", { exact: true }).first().waitFor();
  await expectAccessible(page);
  await usageLine.getByRole("link").click();
  await page.waitForURL("**/usage/requests?**");
  await vi.waitFor(async () => expect(await page.getByText("/v1/models").count()).toBe(3), 30_000);

  // A payment fails: every page says so, and a mail.
  await changeCard(page, world.portalUrl, cards.failsLater);
  await page.waitForURL("**/billing");
  const mails = await world.mailbox.all();
  await world.stripeLater(MONTH + 2 * HOUR);
  await vi.waitFor(
    async () => {
      await page.goto(`${world.portalUrl}/endpoints`);
      // What is there now: a text that is asked for by itself would be waited for, on a page that does not get it any more.
      const notices = await page.getByRole("region", { name: "About your account" }).allTextContents();
      expect(notices.join()).toContain("Your last payment failed");
    },
    { timeout: 30_000, interval: 500 },
  );
  expect((await world.mailbox.next(account.email, mails)).text).toContain(`${world.portalUrl}/billing`);
  expect((await askEndpoint("/v1/models")).status).toBe(200);

  // The grace is over: by the portal's own clock, so its end is moved to now instead of waiting a week, and the timetable asked to
  // look now. Events of Stripe's that are still worked off may move it back.
  await vi.waitFor(
    async () => {
      await world.db
        .updateTable("tenant_settings")
        .set({ grace_ends_at: new Date() })
        .where("tenant_id", "=", tenantId)
        .where("billing_state", "=", "ok")
        .execute();
      await sql`select graphile_worker.add_job('dunning', job_key := 'dunning')`.execute(world.db);
      expect((await askEndpoint("/v1/models")).status).toBe(402);
    },
    { timeout: 60_000, interval: 1_000 },
  );
  const answer = await page.goto(`http://${world.hostOf(slug)}/`);
  expect(answer?.status()).toBe(402);
  await expectAccessible(page);

  // It says what to do; that is done.
  await page.getByRole("link", { name: "Pay the invoice" }).click();
  await page.getByText("Your addresses answer 402").waitFor();
  await page.getByRole("button", { name: "Pay $19.00" }).click();
  await fillCard(page, cards.good);
  await page.getByRole("button", { name: /^Pay \$/ }).click();
  const paidAt = Date.now();
  await vi.waitFor(async () => expect((await askEndpoint("/v1/models")).status).toBe(200), {
    timeout: 15_000,
    interval: 50,
  });
  expect(Date.now() - paidAt).toBeLessThan(promised(10_000));
  await page.goto(`${world.portalUrl}/billing`);
  await page.getByText("Active", { exact: true }).waitFor();
  expect(await page.getByRole("region", { name: "About your account" }).count()).toBe(0);
  // The browser itself reports the 402 that was asked for, and that a stand-in has no icon.
  expect(complaints.filter((text) => !/402|favicon/.test(text))).toEqual([]);
  await upstream.stop();
});

const askEndpoint = (path: string) =>
  rawRequest(world.relay.port, [`GET ${path} HTTP/1.1`, `Host: ${world.hostOf(slug)}`]);

/** The cumulative count that Stripe was told last; 0 when nothing came yet. */
function reportedRequests(): number {
  const { meters, usage } = world.stripe.control.state() as {
    meters: { id: string; event_name: string }[];
    usage: { meter: string; value: number }[];
  };
  const meter = meters.find(({ event_name }) => event_name === "hotspot_requests");
  return usage.findLast((event) => event.meter === meter?.id)?.value ?? 0;
}
