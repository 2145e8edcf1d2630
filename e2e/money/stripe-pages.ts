import type { Page } from "playwright-core";

/** Stripe's test cards, as people type them. */
export const cards = {
  good: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
  /** Can be saved; payments with it fail later. */
  failsLater: "4000 0000 0000 0341",
  asksItsBank: "4000 0025 0000 3155",
} as const;

/** Fills the card in on a page of Stripe: Checkout, an invoice, a new payment method. */
export async function fillCard(page: Page, number: string): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry").fill("12 / 34");
  await page.getByLabel("CVC").fill("123");
  await page.getByLabel("Name on card").fill("Ada Tester");
}

/** From the billing page to Stripe's Checkout page for a plan. */
export async function openCheckout(
  page: Page,
  portalUrl: string,
  plan: string,
  seats?: number,
): Promise<void> {
  const query = new URLSearchParams({ plan, ...(seats ? { seats: String(seats) } : {}) });
  await page.goto(`${portalUrl}/billing/checkout?${query}`);
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await page.waitForURL((url) => url.pathname.startsWith("/c/pay/"));
}

/** Pays on Stripe's Checkout page, and waits for the portal's page after it. */
export async function payCheckout(page: Page, number: string = cards.good): Promise<void> {
  await fillCard(page, number);
  await page.getByRole("button", { name: /^(Subscribe|Start trial)$/ }).click();
  await page.waitForURL("**/billing/done**");
}

/** From the billing page: another card, by Stripe's portal, for what is to be paid from now on. */
export async function changeCard(page: Page, portalUrl: string, number: string): Promise<void> {
  await page.goto(`${portalUrl}/billing`);
  await page.getByRole("button", { name: "Change the payment method" }).first().click();
  await page.getByLabel("Card number").waitFor();
  await fillCard(page, number);
  await page.getByRole("button", { name: "Save" }).click();
}
