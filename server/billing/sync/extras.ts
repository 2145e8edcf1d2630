import type { Stripe } from "stripe";
import type { Db } from "../../../db/client.ts";
import { newId } from "../../ids.ts";
import { isLive } from "../find-subscription.ts";
import type { ReadSubscription } from "./read-customer.ts";

/** Better paid first: what is not in the list counts least. */
const byWorth = ["incomplete", "paused", "unpaid", "past_due", "trialing", "active"];
const worthOf = ({ status }: Stripe.Subscription) => {
  const worth = byWorth.indexOf(status);
  // One that is paid for is paid for, with or without a trial.
  return worth === byWorth.length - 1 ? worth - 1 : worth;
};

/**
 * Tells which of several subscriptions stays: the newest of those that are paid for. Two browsers that both complete an
 * order make two; only one may cost money.
 */
export function chooseSubscription(read: readonly ReadSubscription[]): {
  kept: ReadSubscription | null;
  extras: ReadSubscription[];
} {
  const live = read
    .filter(({ subscription }) => isLive(subscription))
    .sort(
      ({ subscription: a }, { subscription: b }) =>
        worthOf(b) - worthOf(a) || b.created - a.created || (a.id < b.id ? 1 : -1),
    );
  const [kept = null, ...extras] = live;
  // A first payment that waits for its bank is nobody's rival until it is paid.
  if (kept?.subscription.status === "incomplete") return { kept, extras: [] };
  return { kept, extras };
}

/**
 * Ends a subscription that is one too many, with an invoice for what was used and credit for what was not, and leaves an
 * incident: somebody paid twice and may want the money back.
 */
export async function cancelExtra(
  { db, stripe }: { db: Db; stripe: Stripe },
  { tenantId, extra, kept }: { tenantId: string; extra: ReadSubscription; kept: ReadSubscription },
): Promise<void> {
  const { id, status } = extra.subscription;
  // An incomplete one has used nothing, and Stripe voids its invoice by itself.
  const settle = status === "incomplete" ? {} : { invoice_now: true, prorate: true };
  await stripe.subscriptions.cancel(id, settle, { idempotencyKey: `hotspot-extra-${id}` });
  await db
    .insertInto("billing_incidents")
    .values({
      id: newId("inc"),
      tenant_id: tenantId,
      kind: "subscription_extra",
      object_id: id,
      detail: JSON.stringify({ status, kept: kept.subscription.id }),
      resolved_at: null,
    })
    .onConflict((conflict) => conflict.columns(["kind", "object_id"]).doNothing())
    .execute();
}
