import type { Db } from "../../../db/client.ts";
import { planOf } from "../../plans.ts";
import { chargeOf, meterNames } from "../../pricing/index.ts";
import { billedColumns, billedOf } from "../billed.ts";
import { isComparable, type StripeGateway, type UsageInvoice } from "../gateway.ts";
import { difference, type Finding, timeOf, unchecked } from "./finding.ts";
import { findLastPush, nameOf, type PeriodRow } from "./reports.ts";

/** Stripe counts an event within minutes, ms. */
const COUNTED_AFTER_MS = 15 * 60_000;
/** It is asked about periods that ended so lately, ms. */
const LOOK_BACK_MS = 62 * 86_400_000;

type Row = PeriodRow & {
  stripe_customer_id: string;
  is_trial: boolean;
  invoice_id: string | null;
  closed_at: Date | null;
};

/** What Stripe counts is what was reported, and what its invoices charge is what the ledger says, at the plan's prices. */
export async function* checkAtStripe(db: Db, gateway: StripeGateway, now: Date): AsyncGenerator<Finding> {
  const periods: Row[] = await db
    .selectFrom("meter_periods")
    .select([
      "tenant_id",
      "subscription_id",
      "stripe_customer_id",
      "period_start",
      "period_end",
      "is_trial",
      "invoice_id",
      "closed_at",
    ])
    .where("period_end", ">", new Date(now.getTime() - LOOK_BACK_MS))
    .orderBy("period_start")
    .execute();
  const subscriptions = new Set(periods.map(({ subscription_id }) => subscription_id));
  for (const subscriptionId of subscriptions) {
    const own = periods.filter(({ subscription_id }) => subscription_id === subscriptionId);
    let invoices: UsageInvoice[];
    try {
      invoices = await gateway.listUsageInvoices(subscriptionId);
    } catch (error) {
      yield unchecked(
        `subscription ${subscriptionId}: its invoices cannot be read: ${(error as Error).message}`,
      );
      continue;
    }
    for (const period of own) {
      yield* checkSummaries(db, gateway, period, now);
      yield* checkInvoice(db, period, invoices);
    }
    yield* checkForeign(own, invoices);
  }
}

async function* checkSummaries(
  db: Db,
  gateway: StripeGateway,
  period: Row,
  now: Date,
): AsyncGenerator<Finding> {
  for (const meter of meterNames) {
    const last = await findLastPush(db, period, meter);
    if (last && now.getTime() - (last.settled_at ?? last.created_at).getTime() < COUNTED_AFTER_MS) continue;
    const span = { start: period.period_start, end: period.period_end };
    if (!isComparable(span, last?.event_time ?? null)) continue;
    const counted = await gateway.getMeterTotal(period.stripe_customer_id, meter, span);
    if (counted !== (last?.value ?? 0))
      yield difference(
        `${nameOf(meter, period)}: ${last?.value ?? 0} reported${last ? ` by ${last.identifier}` : ""}, Stripe counts ${counted}`,
      );
  }
}

async function* checkInvoice(
  db: Db,
  period: Row,
  invoices: readonly UsageInvoice[],
): AsyncGenerator<Finding> {
  if (period.closed_at === null || period.invoice_id === null) return;
  const invoice = invoices.find(
    ({ invoiceId, periodStart }) =>
      invoiceId === period.invoice_id && periodStart.getTime() === period.period_start.getTime(),
  );
  if (invoice === undefined) {
    yield unchecked(`${nameOf("requests", period)}: invoice ${period.invoice_id} is not among the newest`);
    return;
  }
  const row = await db
    .selectFrom("meter_periods")
    .select(billedColumns)
    .where("subscription_id", "=", period.subscription_id)
    .where("period_start", "=", period.period_start)
    .executeTakeFirstOrThrow();
  const billed = billedOf(row);
  for (const meter of meterNames) {
    const { quantities, amountsCents, plan, invoiceId } = invoice;
    if (quantities[meter] !== billed[meter])
      yield difference(
        `${nameOf(meter, period)}: invoice ${invoiceId} charges for ${quantities[meter]}, the ledger has it for ${billed[meter]}`,
      );
    if (plan === null) continue;
    const cents = chargeOf(planOf(plan), meter, quantities[meter]).amountCents;
    if (amountsCents[meter] !== cents)
      yield difference(
        `${nameOf(meter, period)}: invoice ${invoiceId} charges ${amountsCents[meter]} cents, at the prices of ${plan} it is ${cents}`,
      );
  }
}

/** Usage is charged for that is of no period we know, or of a trial. */
async function* checkForeign(
  own: readonly Row[],
  invoices: readonly UsageInvoice[],
): AsyncGenerator<Finding> {
  const oldest = own[0]!;
  for (const invoice of invoices) {
    if (!invoice.isFinal || invoice.periodStart < oldest.period_start) continue;
    const used = meterNames.filter((meter) => invoice.quantities[meter] > 0);
    if (used.length === 0) continue;
    const period = own.find(({ period_start }) => period_start.getTime() === invoice.periodStart.getTime());
    const what = used.map((meter) => `${invoice.quantities[meter]} ${meter}`).join(", ");
    if (period === undefined || period.is_trial)
      yield difference(
        `tenant ${oldest.tenant_id}: invoice ${invoice.invoiceId} charges for ${what} from ${timeOf(invoice.periodStart)} on, ${period ? "a trial" : "a period that the ledger does not know"}`,
      );
  }
}
