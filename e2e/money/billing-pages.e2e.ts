import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { type BillingStateName, newestInvoiceId, putBillingState } from "../fixtures/billing-rows.ts";
import { expectAccessible, expectFineInLooks, twoLooks, watchedBrowser } from "../fixtures/browser.ts";
import { portalWorld } from "../portal/portal-world.ts";
import { startStripeStandIn } from "../standins/stripe/index.ts";

const stripe = await startStripeStandIn();
afterAll(() => stripe.stop());
const world = await portalWorld({
  portalEnv: { STRIPE_SECRET_KEY: "sk_test_standin", STRIPE_API_BASE: stripe.url },
});
const browser = watchedBrowser();
let account: Account;
let tenantId: string;

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox, "Ada with quite a long name for the corner");
  tenantId = (await (await account.call("GET", "/api/tenant")).json()).id;
});

interface Expected {
  /** On the billing page. */
  says: RegExp[];
  /** On every other page. */
  strip?: RegExp;
  /** Further pages that are worth a look in this state. */
  pages?: string[];
}

const states: [BillingStateName, Expected][] = [
  [
    "free",
    { says: [/Free, without an end/, /Try Pro for 14 days/], pages: ["/billing/checkout?plan=team&seats=4"] },
  ],
  ["complimentary", { says: [/Complimentary/, /Nothing is charged/] }],
  [
    "trial",
    { says: [/Free until/, /\$19\.00 a month from Visa ending in 4242/], pages: ["/billing/cancel"] },
  ],
  [
    "active",
    {
      says: [/Renews on/, /3 seats, 1 in use/, /20\s% off/],
      pages: ["/billing/cancel", "/billing/invoices"],
    },
  ],
  ["ending", { says: [/Everything goes on until/, /Keep Team/] }],
  ["downgrading", { says: [/From .*: Pro/, /Keep it as it is/] }],
  ["in grace", { says: [/Service stops on/, /Pay \$98\.40/], strip: /last payment failed.*Open billing/ }],
  ["unpaid", { says: [/Your addresses answer 402/, /Pay \$98\.40/], strip: /answer 402.*Open billing/ }],
  ["suspended", { says: [/Renews on/], strip: /suspended \(reported for phishing\)/ }],
  ["waiting for the bank", { says: [/Your bank wants you to confirm/, /Confirm the payment/] }],
];

describe.each(states)("the account is: %s", (state, { says, strip, pages = [] }) => {
  test("its pages say so, can be used by everybody, fit a phone and complain about nothing", {
    timeout: 120_000,
  }, async () => {
    await putBillingState(world.db, tenantId, state);
    const invoice = await world.db
      .selectFrom("invoices")
      .select("id")
      .where("id", "=", newestInvoiceId(tenantId))
      .executeTakeFirst();
    const paths = ["/billing", ...(invoice ? [`/billing/invoices/${invoice.id}`] : []), ...pages];
    const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
    for (const path of paths) {
      const answer = await page.goto(`${world.portalUrl}${path}`);
      expect([path, answer?.status()]).toEqual([path, 200]);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await page.getByText("No Stripe key: this is a stand-in, no money moves.").waitFor();
      if (path === "/billing") {
        const text = (await page.getByRole("main").textContent())?.replace(/\s+/g, " ");
        for (const words of says) expect(text).toMatch(words);
      } else if (strip) {
        expect(await page.getByRole("region", { name: "About your account" }).textContent()).toMatch(strip);
      }
      await expectFineInLooks(page, twoLooks);
    }
    expect(complaints).toEqual([]);
  });
});

test("a member sees what there is, and finds no button that spends money", async () => {
  const setRole = (role: string) =>
    world.db.updateTable("member").set({ role }).where("organizationId", "=", tenantId).execute();
  await putBillingState(world.db, tenantId, "in grace");
  await setRole("member");
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/billing`);
  await page.getByText("Owners and admins of your account choose the plan.").waitFor();
  await page.getByText("Ask an owner or admin of your account to do that.").waitFor();
  const main = page.getByRole("main");
  expect(await main.getByRole("button").allTextContents()).toEqual([]);
  expect(await main.getByRole("link", { name: /cancel|go back to free/i }).count()).toBe(0);
  await expectAccessible(page);
  const refused = await account.call("POST", "/api/billing/cancel");
  expect([refused.status, (await refused.json()).error.code]).toEqual([403, "permission_missing"]);
  await setRole("owner");
  expect(complaints).toEqual([]);
});

test("while Stripe does not answer, the page shows what is known and says what cannot be done", async () => {
  await putBillingState(world.db, tenantId, "active");
  await stripe.stop();
  const { page } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/billing`);
  await page.getByText("Visa ending in 4242").first().waitFor();
  await page.getByLabel("Number").fill("DE123456789");
  await page.getByRole("button", { name: "Add tax id" }).click();
  await page.getByText("Stripe does not answer just now. Nothing was changed").first().waitFor();
  await page.getByRole("button", { name: "Change the payment method" }).first().click();
  await page.getByRole("heading", { name: "Stripe's page could not be opened" }).waitFor();
});
