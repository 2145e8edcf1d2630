import { describe, expect, it } from "vitest";
import { Mail, renderMail } from "./index.ts";

const link = "https://hotspot.example/verify-email?token=abc&next=1";
const invoice = { accountName: "Ada", amount: "$19.00", billingUrl: link };
const trial = {
  kind: "trial_ending",
  accountName: "Ada",
  planTitle: "Pro",
  endsOn: "28 November 2026",
  billingUrl: link,
} as const;
const mails: Mail[] = [
  { kind: "verify_email", name: "Ada", url: link, validHours: 24 },
  { kind: "reset_password", name: "Ada", url: link, validHours: 1 },
  { kind: "already_registered", name: "Ada", signInUrl: link, resetUrl: link },
  { kind: "password_changed", name: "Ada", resetUrl: link },
  { kind: "payment_failed", ...invoice, graceEndsOn: "28 November 2026" },
  { kind: "payment_reminder", ...invoice, graceEndsOn: "28 November 2026" },
  { kind: "grace_ending", ...invoice, amount: null, graceEndsOn: "28 November 2026" },
  { kind: "service_paused", ...invoice },
  { kind: "service_back", accountName: "Ada", planTitle: "Free", billingUrl: link },
  { kind: "payment_action_required", accountName: "Ada", amount: "$19.00", invoiceUrl: link },
  { ...trial, hasPaymentMethod: true },
  { ...trial, hasPaymentMethod: false },
  {
    kind: "budget_alert",
    accountName: "Ada",
    threshold: 80,
    budget: "the daily token budget",
    used: "812,400 tokens",
    limit: "1,000,000 tokens",
    hard: true,
    resetsOn: "28 November 2026",
    budgetsUrl: link,
  },
  {
    kind: "domain_lapsed",
    accountName: "Ada",
    host: "api.ada.example",
    recordName: "_hotspot.api.ada.example",
    recordValue: "hotspot-verification=abc",
    domainUrl: link,
  },
  ...[false, true].map(
    (hasEnded): Mail => ({
      kind: "certificate_failing",
      accountName: "Ada",
      host: "api.ada.example",
      endsOn: "28 November 2026",
      hasEnded,
      error: "CAA record forbids issuance",
      domainUrl: link,
    }),
  ),
];

describe("renderMail", () => {
  it.each(mails)("gives $kind as HTML and text with the same link", async (mail) => {
    const { subject, html, text } = await renderMail(Mail.parse(mail));
    expect(subject).toMatch(/\S/);
    expect(html).toContain('name="color-scheme"');
    expect(html).toContain(`href="${link.replaceAll("&", "&amp;")}"`);
    expect(text).toContain(link);
    expect(text).toContain("Ada");
    expect(text).not.toContain("prefers-color-scheme");
  });

  it("says in words how much is missing, when it stops, and whether a card is there", async () => {
    const text = async (mail: Mail) => (await renderMail(mail)).text.replace(/\s+/g, " ");
    expect(await text(mails[4]!)).toContain("A payment of $19.00 for Ada was declined");
    expect(await text(mails[6]!)).toContain("An invoice for Ada is still open");
    expect((await renderMail(mails[6]!)).subject).toBe("Your endpoints stop on 28 November 2026");
    expect(await text(mails[10]!)).toContain("your payment method is charged then");
    expect(await text(mails[11]!)).toContain("There is no payment method yet");
  });

  it("escapes what people typed", async () => {
    const { html } = await renderMail({ ...mails[0]!, name: "<img src=x onerror=alert(1)>" } as Mail);
    expect(html).not.toContain("<img src=x");
    expect(html).toContain("&lt;img src=x");
  });
});
