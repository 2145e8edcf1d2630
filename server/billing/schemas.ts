import * as z from "zod";
import { meterNames } from "../pricing/index.ts";
import { idInput, timestamp } from "../schemas.ts";

/** What can be bought; everybody has the free plan who buys nothing. */
export const paidPlans = ["pro", "team"] as const;
const PlanName = z.enum(["free", ...paidPlans]);
const PaidPlan = z.enum(paidPlans);
export type PaidPlan = z.infer<typeof PaidPlan>;

const cents = z.int().describe("US cents");
const Metered = z.object({
  included: z.number().describe("Free of charge in each billing period"),
  perMillionCents: z.number().nullable().describe("US cents for a million above; null: not to be had"),
});

export const PlanOutput = z.object({
  name: PlanName,
  title: z.string(),
  seatCents: cents.describe("US cents for a month and seat"),
  maxSeats: z.int(),
  trialDays: z.int(),
  metered: z.object({
    requests: Metered,
    megabytes: Metered,
    tokens: Metered,
    storage: Metered.describe("Megabyte-days of backups: 30,000 are a gigabyte for a month"),
    storage_writes: Metered,
    storage_reads: Metered,
  }),
  limits: z.object({
    endpoints: z.number(),
    devices: z.number(),
    connectors: z.number(),
    tcpPorts: z.number(),
    concurrentRequests: z.number(),
    requestsPerMinute: z.number().nullable(),
    maxBodyBytes: z.number(),
    maxHeadBytes: z.number(),
    maxTargetBytes: z.number(),
    accessKeys: z.number(),
    apiKeys: z.number(),
    customDomains: z.number(),
    requestLogDays: z.number(),
  }),
});
export type PlanOutput = z.infer<typeof PlanOutput>;

const PaymentMethod = z.object({
  kind: z.string().describe("Stripe's word, such as card"),
  brand: z.string().nullable(),
  last4: z.string().nullable(),
  expMonth: z.int().nullable(),
  expYear: z.int().nullable(),
});

const Discount = z.object({
  coupon: z.string(),
  name: z.string().nullable(),
  percentOff: z.number().nullable(),
  amountOffCents: z.int().nullable(),
  endsAt: timestamp.nullable(),
});

export const SubscriptionOutput = z.object({
  id: z.string(),
  status: z.string().describe("Stripe's word: trialing, active, past_due, unpaid, paused, incomplete"),
  plan: PlanName.nullable().describe("null: its prices are none of ours"),
  seats: z.int(),
  periodStart: timestamp,
  periodEnd: timestamp,
  cancelAt: timestamp.nullable().describe("It ends then, unless it is resumed"),
  trialEnd: timestamp.nullable(),
  scheduledPlan: PlanName.nullable().describe("A downgrade that waits for the end of the period"),
  scheduledSeats: z.int().nullable(),
  pastDueSince: timestamp.nullable(),
  nextPaymentAttempt: timestamp.nullable(),
  paymentMethod: PaymentMethod.nullable(),
  discount: Discount.nullable(),
});
export type SubscriptionOutput = z.infer<typeof SubscriptionOutput>;

export const TaxIdOutput = z.object({
  id: z.string(),
  type: z.string().describe("Stripe's word, such as eu_vat"),
  value: z.string(),
  verification: z.string().nullable().describe("pending, verified, unverified; null: not checked"),
});
export type TaxIdOutput = z.infer<typeof TaxIdOutput>;

export const BillingOutput = z.object({
  mode: z.enum(["off", "stand_in", "test", "live"]),
  catalog: z
    .enum(["ready", "preparing", "failed"])
    .describe("Whether plans can be bought at this moment; preparing: try again soon"),
  plan: PlanName,
  planSource: z.enum(["default", "subscription", "operator"]),
  billingState: z.enum(["ok", "unpaid"]),
  graceEndsAt: timestamp.nullable().describe("Service stops then, unless the open invoice is paid"),
  subscription: SubscriptionOutput.nullable(),
  trialAvailable: z.boolean().describe("The first subscription of an account starts with a trial"),
  seatsUsed: z.int().describe("Members and open invitations; fewer seats cannot be had"),
  plans: z.array(PlanOutput),
  taxIds: z.array(TaxIdOutput),
  openInvoice: z
    .object({ id: z.string(), amountDueCents: cents, hostedInvoiceUrl: z.string().nullable() })
    .nullable(),
  canManage: z.boolean().describe("Whether the caller may change anything here"),
});
export type BillingOutput = z.infer<typeof BillingOutput>;

const seats = z.int().min(1).max(1000).pipe(z.int());
const promotionCode = z.string().trim().min(1).max(100).describe("A promotion code");
/** Made by the caller once per intention, so that a repeat of the same click is the same order. */
const intent = z
  .string()
  .min(8)
  .max(64)
  .optional()
  .describe("Repeat a request with the same value to order once");

export const StartCheckoutInput = z.object({
  plan: PaidPlan,
  seats: seats.optional().describe("As many as there are members when left out"),
  coupon: promotionCode.optional(),
  intent,
});
export type StartCheckoutInput = z.infer<typeof StartCheckoutInput>;

export const StartCheckoutOutput = z.object({
  sessionId: z.string(),
  url: z.string().describe("Send the browser there"),
  expiresAt: timestamp,
});
export type StartCheckoutOutput = z.infer<typeof StartCheckoutOutput>;

export const CompleteCheckoutInput = z.object({ sessionId: z.string().min(1).max(300) });
export type CompleteCheckoutInput = z.infer<typeof CompleteCheckoutInput>;

export const CompleteCheckoutOutput = z.object({
  status: z.enum(["open", "complete", "expired"]),
  paid: z.boolean().describe("False while a slow payment is under way"),
  subscription: SubscriptionOutput.nullable(),
});
export type CompleteCheckoutOutput = z.infer<typeof CompleteCheckoutOutput>;

export const PlanChangeInput = z.object({
  plan: PaidPlan.optional().describe("The present one when left out"),
  seats: seats.optional().describe("The present number when left out"),
});
export type PlanChangeInput = z.infer<typeof PlanChangeInput>;

export const PreviewOutput = z.object({
  effect: z
    .enum(["now", "period_end", "keep", "none"])
    .describe("keep: a downgrade that waits is called off; none: nothing would change"),
  effectiveAt: timestamp,
  plan: PaidPlan,
  seats: z.int(),
  currency: z.string(),
  dueNowCents: cents.describe("Charged at once, with taxes"),
  creditCents: cents.describe("Left over and taken off later invoices"),
  nextInvoice: z
    .object({ at: timestamp, totalCents: cents })
    .nullable()
    .describe("As far as it is known today: usage is added"),
  lines: z.array(z.object({ description: z.string(), amountCents: cents, proration: z.boolean() })),
  prorationDate: z.int().nullable().describe("Unix seconds; send it along with the change"),
});
export type PreviewOutput = z.infer<typeof PreviewOutput>;

export const ChangePlanInput = PlanChangeInput.extend({
  prorationDate: z
    .int()
    .min(1)
    .max(1e10)
    .pipe(z.int())
    .optional()
    .describe("That of the preview, where it has one"),
  intent,
});
export type ChangePlanInput = z.infer<typeof ChangePlanInput>;

export const ChangePlanOutput = z.object({
  outcome: z.enum(["changed", "scheduled", "kept", "payment_needed"]),
  subscription: SubscriptionOutput.nullable(),
  hostedInvoiceUrl: z
    .string()
    .nullable()
    .describe("With payment_needed: pay there; the change takes effect with the payment"),
});
export type ChangePlanOutput = z.infer<typeof ChangePlanOutput>;

export const StandingOutput = z.object({ subscription: SubscriptionOutput.nullable() });
export type StandingOutput = z.infer<typeof StandingOutput>;

export const CancelNowInput = z.object({
  tenantId: idInput,
  reason: z.string().trim().min(1).max(200).describe("Kept in the audit log"),
});
export type CancelNowInput = z.infer<typeof CancelNowInput>;

export const OpenPortalInput = z.object({
  flow: z
    .enum(["home", "payment_method_update", "customer_update"])
    .optional()
    .describe("home when left out"),
});
export type OpenPortalInput = z.infer<typeof OpenPortalInput>;

export const UrlOutput = z.object({ url: z.string().describe("Send the browser there; it works once") });
export type UrlOutput = z.infer<typeof UrlOutput>;

export const InvoiceSummary = z.object({
  id: z.string(),
  number: z.string().nullable().describe("null while it is a draft"),
  status: z.string().describe("Stripe's word: draft, open, paid, uncollectible, void"),
  currency: z.string(),
  totalCents: cents,
  amountDueCents: cents,
  amountPaidCents: cents,
  periodStart: timestamp,
  periodEnd: timestamp,
  createdAt: timestamp,
  paidAt: timestamp.nullable(),
  nextPaymentAttempt: timestamp.nullable(),
  hostedInvoiceUrl: z.string().nullable(),
  invoicePdf: z.string().nullable(),
});
export type InvoiceSummary = z.infer<typeof InvoiceSummary>;

export const InvoiceOutput = InvoiceSummary.extend({
  subtotalCents: cents,
  taxCents: cents,
  lines: z.array(
    z.object({
      id: z.string(),
      description: z.string(),
      meter: z.enum(meterNames).nullable(),
      quantity: z.number().nullable(),
      amountCents: cents,
      periodStart: timestamp,
      periodEnd: timestamp,
    }),
  ),
});
export type InvoiceOutput = z.infer<typeof InvoiceOutput>;

export const ListInvoicesInput = z.object({
  cursor: z.string().max(200).optional().describe("nextCursor of the page before"),
  limit: z.number().int().min(1).max(100).optional().describe("24 when left out"),
});
export type ListInvoicesInput = z.infer<typeof ListInvoicesInput>;

export const ListInvoicesOutput = z.object({
  invoices: z.array(InvoiceSummary),
  nextCursor: z.string().nullable(),
});
export type ListInvoicesOutput = z.infer<typeof ListInvoicesOutput>;

export const InvoiceIdInput = z.object({ id: idInput });
export type InvoiceIdInput = z.infer<typeof InvoiceIdInput>;

export const AddTaxIdInput = z.object({
  type: z
    .string()
    .regex(/^[a-z]{2,3}_[a-z0-9_]{2,20}$/, "must be a kind of tax id, such as eu_vat")
    .describe("Stripe's word, such as eu_vat, gb_vat, us_ein"),
  value: z.string().trim().min(2).max(64),
});
export type AddTaxIdInput = z.infer<typeof AddTaxIdInput>;

export const TaxIdInput = z.object({ id: idInput });
export type TaxIdInput = z.infer<typeof TaxIdInput>;

export const TaxIdsOutput = z.object({ taxIds: z.array(TaxIdOutput) });
export type TaxIdsOutput = z.infer<typeof TaxIdsOutput>;

export const ApplyCouponInput = z.object({ coupon: promotionCode });
export type ApplyCouponInput = z.infer<typeof ApplyCouponInput>;
