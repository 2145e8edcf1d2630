// The pages as somebody clicks through them, with scripts off: they have none.
import type { Stripe } from "stripe";
import { expect, test } from "vitest";
import { expectAccessible, expectNoSidewaysScroll, watchedBrowser } from "../../fixtures/browser.ts";
import { customerWith, DAY, makeCatalog, START, startForTest } from "./testing.ts";

const browser = watchedBrowser();
const { control, stripe, standIn } = await startForTest();
const catalog = await makeCatalog(stripe);
// Where the shop would be: a page of the stand-in that does nothing, told apart by its query.
const shop = (what: string) => `${standIn.url}/?${what}`;

async function checkout(extra: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const { id: customer } = await stripe.customers.create({ email: "a@example.com" });
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer,
    line_items: [{ price: catalog.seat.id, quantity: 2 }, { price: catalog.metered.id }],
    success_url: shop("done={CHECKOUT_SESSION_ID}"),
    cancel_url: shop("cancelled"),
    customer_update: { name: "auto" },
    tax_id_collection: { enabled: true },
    allow_promotion_codes: true,
    ...extra,
  });
  return { customer, session };
}

type Page = Awaited<ReturnType<typeof browser.open>>["page"];

async function fillCard(page: Page, number: string) {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry").fill("12 / 40");
  await page.getByLabel("CVC").fill("123");
  await page.getByLabel("Name on card").fill("Ada Example");
}

const live = async (customer: string) => (await stripe.subscriptions.list({ customer })).data;

test.each([
  { width: 1280, height: 800, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const)(
  "checkout at $width px, $colorScheme: a code, a tax id, a declined card, then a good one",
  async ({ colorScheme, ...viewport }) => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: "once", name: "Half off" });
    const code = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id } });
    const { customer, session } = await checkout();
    const { page, complaints } = await browser.open({ viewport, colorScheme });
    await page.goto(session.url!);
    await page.getByText("$38.00").first().waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByLabel("Promotion code").fill(code.code);
    await page.getByRole("button", { name: "Apply code" }).click();
    await page.getByText("−$19.00").waitFor();
    await page.getByLabel("Tax id (optional)").fill("DE123456789");
    await fillCard(page, "4000 0000 0000 0002");
    await page.getByRole("button", { name: "Subscribe" }).click();
    await page.getByRole("alert").getByText("Your card was declined.").waitFor();
    expect(await live(customer)).toEqual([]);
    await fillCard(page, "4242 4242 4242 4242");
    await page.getByRole("button", { name: "Subscribe" }).click();
    await page.waitForURL(shop(`done=${session.id}`));
    expect(await live(customer)).toMatchObject([{ status: "active" }]);
    const { data } = await stripe.invoices.list({ customer });
    expect(data).toMatchObject([{ status: "paid", total: 1900 }]);
    expect((await stripe.customers.listTaxIds(customer)).data).toMatchObject([{ value: "DE123456789" }]);
    await page.goto(`${standIn.url}/c/pay/${session.id}`);
    await page.getByText("This has been paid for already.").waitFor();
    expect(complaints).toEqual([]);
  },
);

test("a card that asks its bank: refused there it is not paid, confirmed it is", async () => {
  const { customer, session } = await checkout();
  const { page, complaints } = await browser.open();
  await page.goto(session.url!);
  await fillCard(page, "4000 0025 0000 3155");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("heading", { name: "Confirm with your bank" }).waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Fail authentication" }).click();
  await page.getByRole("alert").getByText("unable to authenticate").waitFor();
  expect(await live(customer)).toEqual([]);
  await fillCard(page, "4000 0025 0000 3155");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await page.waitForURL(shop(`done=${session.id}`));
  expect(await live(customer)).toMatchObject([{ status: "active" }]);
  expect(complaints).toEqual([]);
});

test("a trial says when it ends; going back buys nothing", async () => {
  const { customer, session } = await checkout({ subscription_data: { trial_end: START + 14 * DAY } });
  const { page } = await browser.open();
  await page.goto(session.url!);
  await page.getByText("free until 4 December 2026, then $38.00 a month").waitFor();
  await page.getByRole("link", { name: "← Back" }).click();
  await page.waitForURL(shop("cancelled"));
  expect(await live(customer)).toEqual([]);
});

test("an open invoice is paid on its page with another card, which the subscription keeps", async () => {
  const customer = await customerWith(stripe, "pm_card_chargeCustomerFail");
  const { id, latest_invoice } = await stripe.subscriptions.create({
    customer,
    items: [{ price: catalog.seat.id }],
    expand: ["latest_invoice"],
  });
  const invoice = latest_invoice as Stripe.Invoice;
  const { page, complaints } = await browser.open({ viewport: { width: 390, height: 844 } });
  await page.goto(invoice.hosted_invoice_url!);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await fillCard(page, "4242 4242 4242 4242");
  await page.getByRole("button", { name: "Pay $19.00" }).click();
  await page.getByRole("heading", { name: "Invoice paid" }).waitFor();
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: "active",
    default_payment_method: expect.stringMatching(/^pm_/),
  });
  const pdf = await fetch(invoice.invoice_pdf!);
  expect(pdf.headers.get("content-type")).toBe("application/pdf");
  expect(await pdf.text()).toMatch(/^%PDF-1\.4[\s\S]*Invoice [\s\S]*%%EOF\n$/);
  expect(complaints).toEqual([]);
});

test("the portal: another card, other details, an end with the period and its taking back", async () => {
  const customer = await customerWith(stripe);
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: catalog.seat.id }] });
  const { url } = await stripe.billingPortal.sessions.create({ customer, return_url: shop("back") });
  const { page, complaints } = await browser.open({
    viewport: { width: 390, height: 844 },
    colorScheme: "dark",
  });
  await page.goto(url);
  await page.getByRole("heading", { name: "Your billing" }).waitFor();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole("link", { name: "Add a payment method" }).click();
  await fillCard(page, "5555 5555 5555 4444");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("mastercard •••• 4444").waitFor();
  const { invoice_settings } = (await stripe.customers.retrieve(customer, {
    expand: ["invoice_settings.default_payment_method"],
  })) as Stripe.Customer;
  expect((invoice_settings.default_payment_method as Stripe.PaymentMethod).card?.last4).toBe("4444");
  await page.getByRole("link", { name: "Change details" }).click();
  await page.getByLabel("Name").fill("Acme GmbH");
  await page.getByLabel("New tax id").fill("DE123456789");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("eu_vat: DE123456789").waitFor();
  await page.getByRole("link", { name: "Cancel subscription" }).click();
  await page.getByRole("button", { name: "Cancel subscription" }).click();
  await page.getByText("Ends on").waitFor();
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at_period_end: true });
  await page.getByRole("button", { name: "Don't cancel" }).click();
  await page.getByText("Next invoice on").waitFor();
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    cancel_at_period_end: false,
    cancel_at: null,
  });
  await page.getByRole("link", { name: "← Back" }).click();
  await page.waitForURL(shop("back"));
  expect(complaints).toEqual([]);
});

test("a portal opened for one thing goes back when it is done, also by way of the bank", async () => {
  const customer = await customerWith(stripe);
  const { url } = await stripe.billingPortal.sessions.create({
    customer,
    flow_data: {
      type: "payment_method_update",
      after_completion: { type: "redirect", redirect: { return_url: shop("updated") } },
    },
  });
  const { page } = await browser.open();
  await page.goto(url);
  await fillCard(page, "4000 0025 0000 3155");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await page.waitForURL(shop("updated"));
  const stranger = await browser.open();
  await stranger.page.goto(url);
  await stranger.page.getByText("This link has expired").waitFor();
  await control.settled();
});
