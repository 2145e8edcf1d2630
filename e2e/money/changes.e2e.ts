import type { Page } from "playwright-core";
import { beforeAll, expect, test, vi } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { expectAccessible, watchedBrowser } from "../fixtures/browser.ts";
import { moneyWorld } from "./money-world.ts";
import { cards, fillCard, openCheckout, payCheckout } from "./stripe-pages.ts";

const world = await moneyWorld();
const browser = watchedBrowser();
const quick = { timeout: 120_000 };

async function newcomer(): Promise<{ page: Page; account: Account; complaints: string[] }> {
  const account = await signUp(world.portalUrl, world.mailbox);
  return { account, ...(await browser.open({ cookies: account.cookies, url: world.portalUrl })) };
}

beforeAll(async () => {
  // Prices are found or made at Stripe when the portal starts.
  const { account } = await newcomer();
  await vi.waitFor(
    async () => expect((await (await account.call("GET", "/api/billing")).json()).catalog).toBe("ready"),
    { timeout: 30_000, interval: 100 },
  );
});

test(
  "a declined card leaves nothing behind; another one on the same page starts the trial",
  quick,
  async () => {
    const { page } = await newcomer();
    await openCheckout(page, world.portalUrl, "pro");
    await fillCard(page, cards.declined);
    await page.getByRole("button", { name: "Start trial" }).click();
    await page
      .getByRole("alert")
      .filter({ hasText: /declined/i })
      .waitFor();
    await payCheckout(page);
    await page.getByRole("heading", { name: "You are on Pro" }).waitFor();
    await page.goto(`${world.portalUrl}/billing`);
    await page.getByText("Trial", { exact: true }).waitFor();
    await page.getByText("Visa ending in 4242").first().waitFor();
  },
);

test("a card that asks its bank is confirmed there, and the plan starts", quick, async () => {
  const { page } = await newcomer();
  await openCheckout(page, world.portalUrl, "pro");
  await fillCard(page, cards.asksItsBank);
  await page.getByRole("button", { name: "Start trial" }).click();
  await page.getByRole("button", { name: /complete|confirm|authori[sz]e/i }).click();
  await page.waitForURL("**/billing/done**");
  await page.getByRole("heading", { name: "You are on Pro" }).waitFor();
});

test("more seats: what was shown before is what the invoice charges", quick, async () => {
  const page = await payer("team", 2);
  await page.goto(`${world.portalUrl}/billing/change?plan=team&seats=5`);
  await page.getByText("Team, 5 seats").waitFor();
  await expectAccessible(page);
  const confirm = page.getByRole("button", { name: /^Change and pay \$/ });
  const shown = /\$[\d.]+/.exec((await confirm.textContent()) ?? "")?.[0];
  await confirm.click();
  await page.waitForURL((url) => url.pathname === "/billing");
  await page.getByText("5 seats, 1 in use").waitFor();
  await page.getByRole("row").nth(1).getByText(shown!, { exact: true }).waitFor();
});

test("a smaller plan waits for the end of the period, and can be called off", quick, async () => {
  const page = await payer("team", 2);
  await page.goto(`${world.portalUrl}/billing/change?plan=pro`);
  await page.getByText("until then you keep what you have paid for").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: /^Change on / }).click();
  await page.getByText("Change is set").waitFor();
  await page.getByRole("button", { name: "Keep it as it is" }).click();
  await page.getByText("Active", { exact: true }).waitFor();
});

test("cancelled at the end of the period, and kept again with one press", quick, async () => {
  const { page, complaints } = await newcomer();
  await openCheckout(page, world.portalUrl, "pro");
  await payCheckout(page);
  await page.goto(`${world.portalUrl}/billing`);
  await page.getByRole("link", { name: "Cancel Pro" }).click();
  await page.getByRole("heading", { name: "Cancel Pro?" }).waitFor();
  await page.getByRole("button", { name: "Cancel Pro" }).click();
  await page.getByText("Trial, not continued").waitFor();
  await page.getByRole("button", { name: "Keep Pro" }).click();
  await page.getByText("Trial", { exact: true }).waitFor();
  expect(complaints.filter((text) => !text.includes("favicon"))).toEqual([]);
});

test("a promotion code counts at Checkout, a wrong one is refused beside its field", quick, async () => {
  await makePromotionCode("LAUNCH20", 20);
  const { page } = await newcomer();
  await page.goto(`${world.portalUrl}/billing/checkout?plan=pro`);
  await page.getByLabel("Promotion code").fill("NOPE");
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await page.getByText("This code is not valid").waitFor();
  await page.getByLabel("Promotion code").fill("LAUNCH20");
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await page.waitForURL((url) => url.pathname.startsWith("/c/pay/"));
  await payCheckout(page);
  await page.goto(`${world.portalUrl}/billing`);
  await page
    .getByText(/20\s% off/)
    .first()
    .waitFor();
});

test("a tax id is added and removed; one that is no tax id is refused beside its field", quick, async () => {
  const { page } = await newcomer();
  await openCheckout(page, world.portalUrl, "pro");
  await payCheckout(page);
  await page.goto(`${world.portalUrl}/billing`);
  await page.getByLabel("Number").fill("nonsense");
  await page.getByRole("button", { name: "Add tax id" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Number").fill("DE123456789");
  await page.getByRole("button", { name: "Add tax id" }).click();
  await page.getByText("DE123456789", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Remove DE123456789" }).click();
  await page.getByText("DE123456789", { exact: true }).waitFor({ state: "detached" });
});

/** Somebody on a plan that is paid for, so that changes cost something. */
async function payer(plan: string, seats: number): Promise<Page> {
  const { page, account } = await newcomer();
  await world.withoutTrial((await (await account.call("GET", "/api/tenant")).json()).id);
  await openCheckout(page, world.portalUrl, plan, seats);
  await payCheckout(page);
  await world.stripeNow();
  return page;
}

async function makePromotionCode(code: string, percentOff: number): Promise<void> {
  const post = async (path: string, form: Record<string, string>) => {
    const answer = await fetch(`${world.stripe.url}${path}`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_standin" },
      body: new URLSearchParams(form),
    });
    expect([path, answer.status]).toEqual([path, 200]);
    return (await answer.json()) as { id: string };
  };
  const coupon = await post("/v1/coupons", {
    percent_off: String(percentOff),
    duration: "forever",
    name: "Launch",
  });
  await post("/v1/promotion_codes", { code, "promotion[type]": "coupon", "promotion[coupon]": coupon.id });
}
