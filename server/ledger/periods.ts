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
 * @throws when Stripe cannot be asked what a change of plan did, or about periods before a first look
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
  const periods = await session.listPeriods(since);
  for (const period of periods) {
    const subscription = current.get(period.subscriptionId);
    if (subscription) due.push({ period, isOver: isOver(period, subscription, periods), subscription });
  }
  return due;
}

async function readAnew(deps: LedgerDeps, row: LedgerSubscription, now: Date): Promise<LedgerSubscription> {
  if (row.endedAt !== null || now < row.periodEnd) return row;
  try {
    return { ...(await deps.gateway.getSubscription(row.subscriptionId)), plan: row.plan };
  } catch (error) {
    // Then it is taken for running: its usage is reported all the same, and closed another time.
    deps.log.warn({ err: error, subscriptionId: row.subscriptionId }, "subscription not read, the row holds");
    return row;
  }
}

/** Writes down the present period, and corrects the end of the one that it cut short. */
async function notePeriod(
  deps: LedgerDeps,
  session: LedgerSession,
  subscription: LedgerSubscription,
  known: readonly MeterPeriod[],
): Promise<void> {
  const { subscriptionId, stripeCustomerId, periodStart: start, plan, endedAt, trialEnd } = subscription;
  const { latestInvoiceId } = subscription;
  const own = known.filter((period) => period.subscriptionId === subscriptionId);
  const end = endedAt !== null && endedAt < subscription.periodEnd ? endedAt : subscription.periodEnd;
  if (start >= end) return;
  for (const period of own) {
    if (period.start < start && period.end > start && period.billed === null)
      await session.putPeriod({ ...period, end: start });
  }
  // Taken for a part that begins, before anybody heard of the end: what is used then is the free plan's.
  for (const period of own) {
    if (endedAt !== null && period.start >= endedAt && period.billed === null && !period.isTrial)
      await session.putPeriod({ ...period, isTrial: true });
  }
  const present = own.findLast((period) => period.start >= start && period.start < end);
  const isTrial = trialEnd !== null && end <= trialEnd;
  if (present === undefined) {
    // Whether it is charged for in parts already, the next look will tell: no invoice counts as seen.
    const first = { subscriptionId, stripeCustomerId, start, end, plan, isTrial };
    await session.putPeriod({ ...first, latestInvoiceId: null });
    return noteEarlier(deps, session, subscription, own);
  }
  if (present.billed !== null) return;
  // A row that is older than what was read from Stripe once must not take the end back.
  const until = endedAt === null && present.end > end ? present.end : end;
  const changed = { ...present, end: until, plan, latestInvoiceId, isTrial };
  // A change of plan brings an invoice; of two that cancel out only the invoices are seen.
  const isSuspect = present.plan !== plan || present.latestInvoiceId !== latestInvoiceId;
  if (isSuspect && !isTrial) {
    const parts = partsOf(changed, await deps.gateway.listUsageInvoices(subscriptionId));
    if (parts.length > 1) return putParts(session, present, changed, parts);
  }
  const isSame = !isSuspect && present.end.getTime() === until.getTime() && present.isTrial === isTrial;
  if (!isSame) await session.putPeriod(changed);
}

/** Whoever looks for the first time, or was away for long, finds earlier periods in what Stripe is about to charge. */
async function noteEarlier(
  deps: LedgerDeps,
  session: LedgerSession,
  subscription: LedgerSubscription,
  own: readonly MeterPeriod[],
): Promise<void> {
  const { subscriptionId, stripeCustomerId, periodStart: start, plan, createdAt, trialEnd } = subscription;
  const isFirst = createdAt.getTime() >= start.getTime() - SLACK_MS;
  if (isFirst || own.some((period) => period.start < start && period.end >= start)) return;
  for (const { isFinal, periodStart, periodEnd } of await deps.gateway.listUsageInvoices(subscriptionId)) {
    if (isFinal || periodEnd > start || periodStart >= periodEnd) continue;
    if (own.some((period) => period.start.getTime() === periodStart.getTime())) continue;
    const isTrial = trialEnd !== null && periodEnd <= trialEnd;
    const span = { start: periodStart, end: periodEnd };
    await session.putPeriod({
      subscriptionId,
      stripeCustomerId,
      ...span,
      plan,
      latestInvoiceId: null,
      isTrial,
    });
  }
}

/** Whether Stripe counts in another period, or another part of it, by now. */
function isOver(period: MeterPeriod, subscription: LedgerSubscription, all: readonly MeterPeriod[]): boolean {
  return (
    subscription.endedAt !== null ||
    !isLive(subscription) ||
    subscription.periodStart > period.start ||
    all.some((other) => other.subscriptionId === period.subscriptionId && other.start > period.start)
  );
}

/**
 * The parts in which Stripe charges for a period. With the flexible billing mode a metered price that is left within a
 * period is charged for until then, and the next one counts from there.
 *
 * @see https://docs.stripe.com/billing/subscriptions/billing-mode/compare
 */
export function partsOf(
  { start, end }: { readonly start: Date; readonly end: Date },
  invoices: readonly UsageInvoice[],
): { start: Date; end: Date }[] {
  const cuts = new Set([start.getTime(), end.getTime()]);
  for (const { periodStart, periodEnd, createdAt } of invoices) {
    if (periodStart < start || periodEnd > end || createdAt.getTime() < periodEnd.getTime() - SLACK_MS)
      continue;
    cuts.add(periodStart.getTime()).add(periodEnd.getTime());
  }
  const times = [...cuts].sort((a, b) => a - b).map((time) => new Date(time));
  return times.slice(1).map((until, i) => ({ start: times[i]!, end: until }));
}

/** Writes a period down as its parts; the last one has what is known of it now, those before what was known. */
export async function putParts(
  session: LedgerSession,
  before: MeterPeriod,
  now: MeterPeriod,
  parts: readonly { start: Date; end: Date }[],
): Promise<void> {
  // The last part first: cut off in between, the whole is cut again, and never stretched over the others.
  for (const [i, part] of parts.entries()) {
    await session.putPeriod({ ...(i === parts.length - 1 ? now : before), ...part });
  }
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
