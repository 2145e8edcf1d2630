import type { LedgerDeps } from "./deps.ts";
import type { UsageInvoice } from "./gateway.ts";
import type { LedgerSession, LedgerSubscription, MeterPeriod } from "./store.ts";

/** Usage of a closed period is looked after for so long, ms: a relay's disk may come back late. */
export const LATE_MS = 62 * 86_400_000;
/** Stripe's clock and ours may be apart by so much when an invoice is dated, ms. */
const SLACK_MS = 300_000;

/** Of a subscription whose usage can be charged for; an `incomplete` one has not begun. */
export const liveStatuses = ["trialing", "active", "past_due", "unpaid", "paused"] as const;

export function isLive({ status }: Pick<LedgerSubscription, "status">): boolean {
  return (liveStatuses as readonly string[]).includes(status);
}

/** A period and whether Stripe says that it is over. Our own clock has no say in it: it may jump. */
export interface DuePeriod {
  readonly period: MeterPeriod;
  readonly isOver: boolean;
  readonly subscription: LedgerSubscription;
}

/**
 * Brings what we know of the periods of a tenant up to date and lists those that matter: open ones and those closed lately.
 *
 * The subscription rows are written by whoever hears of a change, normally the portal. Where a row's period has passed, Stripe
 * is asked, so that the relay can close a period while the portal is down.
 *
 * @throws when Stripe cannot be asked about periods before a first look
 */
export async function refreshPeriods(
  deps: LedgerDeps,
  session: LedgerSession,
  now: Date,
): Promise<DuePeriod[]> {
  const since = new Date(now.getTime() - LATE_MS);
  const current = new Map<string, LedgerSubscription>();
  for (const row of await session.listSubscriptions(since)) {
    const subscription = await readAnew(deps, row, now);
    current.set(row.subscriptionId, subscription);
  }
  const known = await session.listPeriods(since);
  for (const subscription of current.values()) await notePeriod(deps, session, subscription, known);
  const due: DuePeriod[] = [];
  for (const period of await session.listPeriods(since)) {
    const subscription = current.get(period.subscriptionId);
    if (subscription) due.push({ period, isOver: isOver(period, subscription), subscription });
  }
  return due;
}

async function readAnew(deps: LedgerDeps, row: LedgerSubscription, now: Date): Promise<LedgerSubscription> {
  if (row.endedAt !== null || now < row.periodEnd) return row;
  return { ...(await deps.gateway.getSubscription(row.subscriptionId)), plan: row.plan };
}

/** Writes down the present period, and corrects the end of the one that it cut short. */
async function notePeriod(
  deps: LedgerDeps,
  session: LedgerSession,
  subscription: LedgerSubscription,
  known: readonly MeterPeriod[],
): Promise<void> {
  const { subscriptionId, stripeCustomerId, periodStart: start, endedAt } = subscription;
  const own = known.filter((period) => period.subscriptionId === subscriptionId);
  const end = endedAt !== null && endedAt < subscription.periodEnd ? endedAt : subscription.periodEnd;
  if (start >= end) return;
  for (const period of own) {
    if (period.start < start && period.end > start && period.billed === null)
      await session.putPeriod({ ...period, end: start });
  }
  const same = own.find((period) => period.start.getTime() === start.getTime());
  const isTrial = subscription.trialEnd !== null && end <= subscription.trialEnd;
  const isNew = same === undefined;
  if (isNew || (same.billed === null && (same.end.getTime() !== end.getTime() || same.isTrial !== isTrial)))
    await session.putPeriod({ subscriptionId, stripeCustomerId, start, end, isTrial });
  // Whoever looks for the first time, or was away for long, finds the periods before in what Stripe is about to charge.
  const isFirst = subscription.createdAt.getTime() >= start.getTime() - SLACK_MS;
  const follows = own.some((period) => period.start < start && period.end.getTime() >= start.getTime());
  if (!isNew || isFirst || follows) return;
  for (const invoice of await deps.gateway.listUsageInvoices(subscriptionId)) {
    const { periodStart, periodEnd } = invoice;
    if (
      invoice.isFinal ||
      periodEnd > start ||
      own.some((period) => period.start.getTime() === periodStart.getTime())
    )
      continue;
    const wasTrial = subscription.trialEnd !== null && periodEnd <= subscription.trialEnd;
    await session.putPeriod({
      subscriptionId,
      stripeCustomerId,
      start: periodStart,
      end: periodEnd,
      isTrial: wasTrial,
    });
  }
}

function isOver(period: MeterPeriod, subscription: LedgerSubscription): boolean {
  return (
    subscription.endedAt !== null ||
    !isLive(subscription) ||
    subscription.periodStart.getTime() > period.start.getTime()
  );
}

/**
 * The invoice that charges for a period's usage. The first invoice of a subscription may carry an empty line for the same
 * period; it is older than the period's end.
 */
export function invoiceOf(
  period: Pick<MeterPeriod, "start" | "end">,
  invoices: readonly UsageInvoice[],
): UsageInvoice | null {
  const dated = invoices.filter((invoice) => invoice.createdAt.getTime() >= period.end.getTime() - SLACK_MS);
  const start = period.start.getTime();
  return dated.find((invoice) => invoice.periodStart.getTime() === start) ?? null;
}
