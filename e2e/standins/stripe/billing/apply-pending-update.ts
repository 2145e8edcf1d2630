import type { Subscription } from "../core/billing-objects.ts";
import type { World } from "../world.ts";
import { isMetered } from "./lines.ts";
import { periodAt } from "./period.ts";
import { changeSubscription } from "./subscription-state.ts";

/** An update that waited for its payment takes effect. */
export function applyPendingUpdate(world: World, subscription: Subscription): void {
  const pending = subscription.pending_update;
  if (!pending) return;
  changeSubscription(world, subscription, () => {
    subscription.pending_update = null;
    if (pending.subscription_items) {
      const now = world.now(subscription.customer);
      const first = subscription.items.data[0]!;
      subscription.items.data = pending.subscription_items.map(({ id, price, quantity }) => {
        const kept = subscription.items.data.find((item) => item.id === id);
        const base = kept ?? { ...first, id, metadata: {}, created: now };
        const { quantity: _, ...rest } = base;
        const meteredFrom = kept?.price.id === price.id ? kept._meteredFrom : now;
        return {
          ...rest,
          price,
          ...(isMetered({ price }) ? {} : { quantity: quantity ?? 1 }),
          _meteredFrom: meteredFrom,
        };
      });
    }
    const anchor = pending.billing_cycle_anchor;
    if (anchor === null) return;
    // The period that was paid for is the one that began when the update was asked for.
    subscription.billing_cycle_anchor = anchor;
    const every = subscription.items.data[0]!.price.recurring!;
    const { start, end } = periodAt(anchor, every, anchor);
    for (const item of subscription.items.data) {
      Object.assign(item, { current_period_start: start, current_period_end: end, _meteredFrom: start });
    }
  });
  world.emit("customer.subscription.pending_update_applied", subscription);
}
