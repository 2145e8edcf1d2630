import { WorldClock } from "./core/clock.ts";
import type { ThinEvent } from "./core/event-objects.ts";
import { Faults, type FaultsInput } from "./core/faults.ts";
import { IdempotencyKeys } from "./core/idempotency.ts";
import type { Customer } from "./core/objects.ts";
import { Random } from "./core/random.ts";
import type { Expander } from "./core/render.ts";
import { State } from "./core/state.ts";
import type { Settings } from "./settings.ts";

/** Hears of each event the moment it happens. */
export type EventSink = (type: string, object: object, previous: Record<string, unknown> | undefined) => void;

/** One account of Stripe: what it holds, what time it is there, and what goes wrong in it. */
export class World {
  readonly state = new State();
  readonly keys = new IdempotencyKeys();
  readonly clock: WorldClock;
  readonly random: Random;
  readonly settings: Settings;
  faults: Faults;
  /** Where browsers reach the pages; known once the server listens. */
  url = "";
  /** The call that is being carried out; events name it. */
  request: { id: string; idempotencyKey: string | null } | null = null;
  /** Grows with each thing that arrives; orders what shares a second. */
  sequence = 0;
  onEvent: EventSink = () => undefined;
  onThinEvent: (event: ThinEvent) => void = () => undefined;
  /** Something changed that has to be kept. */
  onChange: () => void = () => undefined;

  constructor(options: {
    settings: Settings;
    frozenAt: number | null;
    faults: FaultsInput;
    seed: number | null;
  }) {
    this.settings = options.settings;
    this.clock = new WorldClock(options.frozenAt);
    this.faults = Faults.parse(options.faults);
    this.random = new Random(options.seed);
  }

  /** The time for a customer: that of its test clock, where it has one. */
  now(customer?: Customer | string | null): number {
    const owner = typeof customer === "string" ? this.state.customers.find(customer) : customer;
    return this.timeOf(owner?.test_clock ?? null);
  }

  timeOf(testClock: string | null): number {
    return testClock === null ? this.clock.now() : this.state.testClocks.get(testClock).frozen_time;
  }

  id(prefix: string, length?: number): string {
    return this.random.id(prefix, length);
  }

  emit(type: string, object: object, previous?: Record<string, unknown>): void {
    this.onEvent(type, object, previous);
  }

  readonly expander: Expander = {
    find: (id) => this.state.find(id),
    extra: (object, field) => extraField(this, object, field),
  };
}

/** Fields that an answer has only when they are asked for. */
function extraField(world: World, object: Record<string, unknown>, field: string): unknown {
  const { state } = world;
  const id = String(object.id);
  const listOf = (data: object[], url: string) => ({ object: "list", data, has_more: false, url });
  switch (`${object.object}.${field}`) {
    case "price.tiers":
      return object._tiers ?? null;
    case "customer.subscriptions":
      return listOf(
        state.subscriptions.newest(
          ({ customer, status }) =>
            customer === id && status !== "canceled" && status !== "incomplete_expired",
        ),
        `/v1/customers/${id}/subscriptions`,
      );
    case "customer.tax_ids":
      return listOf(
        state.taxIds.newest(({ customer }) => customer === id),
        `/v1/customers/${id}/tax_ids`,
      );
    case "invoice.payments":
      return listOf(
        (object._payments as string[]).map((payment) => state.invoicePayments.get(payment)),
        "/v1/invoice_payments",
      );
    case "invoice.confirmation_secret": {
      const intent =
        object._paymentIntent === null ? undefined : state.paymentIntents.find(String(object._paymentIntent));
      return intent ? { client_secret: intent.client_secret, type: "payment_intent" } : null;
    }
    case "checkout.session.line_items":
      return listOf(
        checkoutLines(world, object._lines as { price: string; quantity?: number }[]),
        `/v1/checkout/sessions/${id}/line_items`,
      );
    case "coupon.applies_to":
      return null;
    default:
      return undefined;
  }
}

/** What is bought in a checkout, line by line. */
export function checkoutLines(
  world: World,
  lines: readonly { price: string; quantity?: number }[],
): object[] {
  return lines.map(({ price: id, quantity }, at) => {
    const price = world.state.prices.get(id);
    const amount = price.recurring?.usage_type === "metered" ? 0 : (price.unit_amount ?? 0) * (quantity ?? 1);
    return {
      id: `li_${at}_${id.slice(6)}`,
      object: "item",
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency: price.currency,
      description: world.state.products.get(price.product).name,
      metadata: {},
      price,
      quantity: quantity ?? null,
    };
  });
}
