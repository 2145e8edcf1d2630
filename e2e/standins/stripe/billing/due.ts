import type { Invoice, Subscription } from "../core/billing-objects.ts";
import type { World } from "../world.ts";
import { expireIncomplete } from "./cancel.ts";
import { expiresIncompleteAt, periodOf } from "./create.ts";
import { endAtPlannedTime, renew } from "./cycle.ts";
import { upcomingInvoice } from "./preview.ts";
import { defaultMethod, finalizeAndPay, payInvoice } from "./settle-invoice.ts";
import { expirePendingUpdate } from "./update.ts";

const DAY = 86_400;

/** Something that happens by itself at a time. */
interface Due {
  readonly at: number;
  readonly run: () => void;
}

/**
 * The next thing that happens by itself on a clock. Of what falls on the same second, an end comes before a renewal.
 * @param testClock null: the clock of the account
 */
export function nextDue(world: World, testClock: string | null): Due | null {
  let next: Due | null = null;
  const offer = (at: number | null | undefined, run: () => void) => {
    if (at !== null && at !== undefined && (next === null || at < next.at)) next = { at, run };
  };
  const { state } = world;
  for (const subscription of state.subscriptions.values()) {
    if (subscription.test_clock === testClock && subscription.ended_at === null)
      offerSubscription(world, subscription, offer);
  }
  for (const invoice of state.invoices.values()) {
    if (invoice.test_clock === testClock) offerInvoice(world, invoice, offer);
  }
  for (const session of state.checkoutSessions.values()) {
    const owner = session.customer === null ? undefined : state.customers.find(session.customer);
    if (session.status !== "open" || (owner?.test_clock ?? null) !== testClock) continue;
    offer(session.expires_at, () => {
      session.status = "expired";
      session.url = null;
      world.emit("checkout.session.expired", session);
    });
  }
  return next;
}

type Offer = (at: number | null | undefined, run: () => void) => void;

function offerSubscription(world: World, subscription: Subscription, offer: Offer): void {
  const { status, cancel_at, pending_update, trial_end, _noticed } = subscription;
  if (status === "incomplete") {
    offer(expiresIncompleteAt(subscription), () => expireIncomplete(world, subscription));
    return;
  }
  offer(pending_update?.expires_at, () => expirePendingUpdate(world, subscription));
  offer(cancel_at, () => endAtPlannedTime(world, subscription));
  if (status === "paused") return;
  if (status === "trialing" && trial_end !== null && !_noticed.trialWillEnd) {
    offer(Math.max(trial_end - 3 * DAY, subscription.start_date), () => {
      _noticed.trialWillEnd = true;
      world.emit("customer.subscription.trial_will_end", subscription);
    });
  }
  const { end } = periodOf(subscription);
  const { upcomingDays } = world.settings;
  if (upcomingDays > 0 && _noticed.upcomingFor !== end && cancel_at === null) {
    offer(Math.max(end - upcomingDays * DAY, subscription.start_date), () => {
      _noticed.upcomingFor = end;
      world.emit("invoice.upcoming", upcomingInvoice(world, subscription));
    });
  }
  offer(end, () => renew(world, subscription));
}

function offerInvoice(world: World, invoice: Invoice, offer: Offer): void {
  if (invoice.status === "draft" && invoice.auto_advance) {
    const at = invoice.automatically_finalizes_at;
    offer(at === null ? null : at + waitForWebhook(world, invoice), () => finalizeAndPay(world, invoice));
  }
  if (invoice.status === "open" && invoice.auto_advance) {
    offer(invoice.next_payment_attempt, () =>
      payInvoice(world, invoice, defaultMethod(world, invoice), { customerThere: false }),
    );
  }
}

/** Nobody has taken `invoice.created` yet: it stays a draft for up to 72 h (section 9). */
function waitForWebhook(world: World, invoice: Invoice): number {
  if (!world.settings.finalizationWaitsForWebhook) return 0;
  const events = world.state.events.filter(
    ({ type, data }) => type === "invoice.created" && data.object.id === invoice.id,
  );
  return events.some(({ pending_webhooks }) => pending_webhooks > 0)
    ? 72 * 3600 - world.settings.draftSeconds
    : 0;
}

/**
 * Lets everything happen that falls due up to a time, each at its own time.
 * @param setTime moves the clock; it is never asked to go back
 * @returns whether anything happened
 */
export function runUntil(
  world: World,
  testClock: string | null,
  to: number,
  setTime: (at: number) => void,
): boolean {
  for (let steps = 0; ; steps++) {
    const due = nextDue(world, testClock);
    if (due === null || due.at > to) {
      setTime(to);
      return steps > 0;
    }
    if (steps > 100_000) throw new Error(`the clock does not get past ${due.at}`);
    if (due.at > world.timeOf(testClock)) setTime(due.at);
    due.run();
  }
}
