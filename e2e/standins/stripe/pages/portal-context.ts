import type { Subscription } from "../core/billing-objects.ts";
import type { Customer } from "../core/objects.ts";
import type { PortalSession } from "../core/payment-objects.ts";
import type { World } from "../world.ts";

/** What a portal page needs to know. */
export interface PortalContext {
  readonly world: World;
  readonly session: PortalSession;
  readonly customer: Customer;
}

/** The subscriptions of a customer that have not ended, newest first. */
export const running = (world: World, customer: Customer): Subscription[] =>
  world.state.subscriptions.newest((one) => one.customer === customer.id && one.ended_at === null);
