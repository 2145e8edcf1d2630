import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { PlanName } from "./tenants.ts";

/** The card or other means that the next invoice is paid with, as Stripe shows it. */
export interface PaymentMethodSummary {
  kind: string;
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
}

export interface DiscountSummary {
  coupon: string;
  name: string | null;
  percentOff: number | null;
  amountOffCents: number | null;
  endsAt: string | null;
}

/** What Stripe last said of a subscription; only ever written from a fresh read. */
export interface SubscriptionsTable {
  id: string;
  tenant_id: string;
  stripe_customer_id: string;
  /** Stripe's own word: trialing, active, past_due, unpaid, canceled … */
  status: string;
  /** null when its prices are none of ours. */
  plan: PlanName | null;
  seats: Generated<number>;
  current_period_start: Date;
  current_period_end: Date;
  cancel_at: Date | null;
  canceled_at: Date | null;
  ended_at: Date | null;
  trial_end: Date | null;
  /** A downgrade that waits for the end of the period. */
  scheduled_plan: PlanName | null;
  scheduled_seats: number | null;
  past_due_since: Date | null;
  latest_invoice_id: string | null;
  latest_invoice_status: string | null;
  next_payment_attempt: Date | null;
  payment_method: JSONColumnType<PaymentMethodSummary | null, string | null, string | null>;
  discount: JSONColumnType<DiscountSummary | null, string | null, string | null>;
  created_at: Date;
  synced_at: Generated<Date>;
}

export interface InvoiceLine {
  id: string;
  description: string;
  /** null for a line that no meter feeds. */
  meter: MeterName | null;
  quantity: number | null;
  amountCents: number;
  periodStart: string;
  periodEnd: string;
}

export interface InvoicesTable {
  id: string;
  tenant_id: string;
  subscription_id: string | null;
  number: string | null;
  status: string;
  currency: string;
  subtotal_cents: number;
  tax_cents: number;
  total_cents: number;
  amount_due_cents: number;
  amount_paid_cents: number;
  period_start: Date;
  period_end: Date;
  attempt_count: Generated<number>;
  next_payment_attempt: Date | null;
  hosted_invoice_url: string | null;
  invoice_pdf: string | null;
  lines: JSONColumnType<InvoiceLine[], string | undefined, string>;
  created_at: Date;
  finalized_at: Date | null;
  paid_at: Date | null;
  synced_at: Generated<Date>;
}

/** A tax id as Stripe keeps it with the customer. */
export interface TaxIdSummary {
  id: string;
  type: string;
  value: string;
  verification: string | null;
}

/**
 * Something that Stripe was or is being asked to do for a tenant. Its id is the idempotency key: a process that dies
 * before it hears the answer leaves the row unsettled, and whoever asks for the same again asks with the same key.
 */
export interface BillingOrdersTable {
  id: string;
  tenant_id: string;
  /** Such as `checkout`. */
  action: string;
  /** Digest of all that was asked for; the same order asks for the same. */
  intent: string;
  created_at: Generated<Date>;
  settled_at: Date | null;
}

/** Every event of Stripe that was received, once, whatever came of it. */
export interface StripeEventsTable {
  id: string;
  type: string;
  source: "webhook" | "thin" | "poll";
  api_version: string | null;
  object_id: string | null;
  customer_id: string | null;
  payload: JSONColumnType<Record<string, unknown>, string, never>;
  created_at: Date;
  received_at: Generated<Date>;
  processed_at: Date | null;
  attempts: Generated<number>;
  last_error: string | null;
}

/** Something about money that a person has to look at: a dispute, a refund, an invoice that cannot be finalized. */
export interface BillingIncidentsTable {
  id: string;
  /** null when it belongs to no tenant that we know. */
  tenant_id: string | null;
  kind: string;
  object_id: string;
  detail: JSONColumnType<Record<string, unknown>, string | undefined, string>;
  created_at: Generated<Date>;
  resolved_at: Date | null;
}

/** Mails about money that were sent, so that each is sent once. */
export interface BillingNoticesTable {
  tenant_id: string;
  kind: string;
  /** What it was about, e.g. an invoice id. */
  subject: string;
  sent_at: Generated<Date>;
}

/**
 * What is counted for money. What requests use: `requests`, `megabytes`, `tokens`. What a backup bucket uses: `storage`
 * (megabyte-days: a day's largest size in whole megabytes, summed up over days), `storage_writes`, `storage_reads`.
 */
export type MeterName = "requests" | "megabytes" | "tokens" | "storage" | "storage_writes" | "storage_reads";

/** What was reported to Stripe: the cumulative total of a period, any number of times. Stripe keeps no such list. */
export interface MeterPushesTable {
  id: ColumnType<number, never, never>;
  tenant_id: string;
  stripe_customer_id: string;
  subscription_id: string;
  meter: MeterName;
  period_start: Date;
  period_end: Date;
  /** Cumulative since period_start. */
  value: number;
  /** Inside the period; of two pushes of one period the later one counts. Whole seconds. */
  event_time: Date;
  identifier: string;
  state: Generated<"pending" | "accepted" | "rejected" | "review">;
  attempts: Generated<number>;
  error: string | null;
  created_at: Generated<Date>;
  settled_at: Date | null;
}

/**
 * A billing period of a subscription, or a part of one at the prices of one plan, for as long as we remember it: what it
 * is, and what its invoice charged for.
 */
export interface MeterPeriodsTable {
  subscription_id: string;
  tenant_id: string;
  stripe_customer_id: string;
  period_start: Date;
  /** Moves only when Stripe ends a period early: a cancellation at once, a new anchor. */
  period_end: Date;
  /** At whose prices it is charged, as far as we know. */
  plan: PlanName | null;
  /** The subscription's newest invoice when we last looked whether Stripe charges for the period in parts. */
  latest_invoice_id: string | null;
  /** Its usage is not charged for. */
  is_trial: Generated<boolean>;
  /** Of the invoice that charged for its usage; null: not final yet, or there was none. */
  invoice_id: string | null;
  /** Quantities of that invoice's lines. Set when the period is closed. */
  billed_requests: number | null;
  billed_megabytes: number | null;
  billed_tokens: number | null;
  billed_storage: Generated<number>;
  billed_storage_writes: Generated<number>;
  billed_storage_reads: Generated<number>;
  /** Its invoice is final: whatever comes later belongs to another period. */
  closed_at: Date | null;
  created_at: Generated<Date>;
}

export type BudgetMetric = "requests" | "tokens" | "cents";
export type BudgetPeriod = "day" | "month";

export interface BudgetsTable {
  id: string;
  tenant_id: string;
  /** null: the whole tenant. */
  access_key_id: string | null;
  metric: BudgetMetric;
  period: BudgetPeriod;
  limit_value: number;
  /** Requests stop at the limit; otherwise only mails are sent. */
  hard: Generated<boolean>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface BudgetAlertsTable {
  budget_id: string;
  period_start: Date;
  threshold: 50 | 80 | 100;
  sent_at: Generated<Date>;
}
