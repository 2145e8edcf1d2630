import type { Delivery, StripeEvent, ThinEvent, WebhookEndpoint } from "../core/event-objects.ts";
import type { World } from "../world.ts";
import { bodyFor, makeEvent, wants } from "./events.ts";
import { signatureHeader } from "./sign.ts";

/**
 * Sends events to the endpoints that want them: each at least once, tried again with growing waits until it is
 * answered with a 2xx, in no promised order. Waits are machine time, whatever the clock of the account says.
 */
export class Deliveries {
  readonly #world: World;
  readonly #timers = new Map<NodeJS.Timeout, () => void>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(world: World) {
    this.#world = world;
    world.onEvent = (type, object, previous) => {
      const { twin } = world.faults.webhooks;
      this.send(makeEvent(world, type, object, previous));
      // The same change told twice under two ids.
      if (twin > 0 && world.random.next() < twin) this.send(makeEvent(world, type, object, previous));
    };
    world.onThinEvent = (event) => this.send(event);
  }

  send(event: StripeEvent | ThinEvent): void {
    const { state, faults, random } = this.#world;
    for (const endpoint of state.webhookEndpoints.values()) {
      if (!wants(endpoint, event)) continue;
      const { lose, duplicate, reorder, delayMs } = faults.webhooks;
      const delivery: Delivery = {
        id: this.#world.id("dlv"),
        event: event.id,
        endpoint: endpoint.id,
        attempts: 0,
        state: "waiting",
      };
      state.deliveries.add(delivery);
      if (event.object === "event") event.pending_webhooks++;
      if (lose > 0 && random.next() < lose) {
        delivery.state = "lost";
        continue;
      }
      const wait = () => (reorder > 0 && random.next() < reorder ? random.between(0, delayMs) : 0);
      this.#later(wait(), () => this.#attempt(delivery, false));
      if (duplicate > 0 && random.next() < duplicate) {
        this.#later(wait() + random.between(0, delayMs), () => this.#attempt(delivery, true));
      }
    }
  }

  /** Takes up what a run before left undelivered. */
  resume(): void {
    for (const delivery of this.#world.state.deliveries.filter(({ state }) => state === "waiting")) {
      this.#later(0, () => this.#attempt(delivery, false));
    }
  }

  /** Sends an event once more, as the dashboard's button does, a lost one too. */
  resend(eventId: string): void {
    for (const delivery of this.#world.state.deliveries.filter(({ event }) => event === eventId)) {
      this.#later(0, () => this.#attempt(delivery, true));
    }
  }

  /** Waits until nothing is under way any more, tries that are waiting for their turn included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0 || this.#timers.size > 0) {
      await Promise.all(this.#running);
      if (this.#timers.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const timer of this.#timers.keys()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
  }

  #later(ms: number, work: () => Promise<void>): void {
    if (this.#stopped.signal.aborted) return;
    const start = () => {
      this.#timers.delete(timer);
      const running = work().finally(() => this.#running.delete(running));
      this.#running.add(running);
    };
    const timer = setTimeout(start, ms);
    this.#timers.set(timer, start);
  }

  async #attempt(delivery: Delivery, again: boolean): Promise<void> {
    if (delivery.state === "delivered" && !again) return;
    const { state, settings } = this.#world;
    const endpoint = state.webhookEndpoints.find(delivery.endpoint);
    const event = state.events.find(delivery.event) ?? state.thinEvents.find(delivery.event);
    if (!endpoint || !event) return;
    const delivered = await this.#post(endpoint, bodyFor(endpoint, event));
    if (this.#stopped.signal.aborted) return;
    delivery.attempts++;
    if (delivered) {
      if (delivery.state !== "delivered" && event.object === "event") event.pending_webhooks--;
      delivery.state = "delivered";
    } else if (!again && delivery.state === "waiting") {
      const wait = settings.webhookRetryMs[delivery.attempts - 1];
      if (wait === undefined) delivery.state = "given_up";
      else this.#later(wait, () => this.#attempt(delivery, false));
    }
    this.#world.onChange();
  }

  async #post(endpoint: WebhookEndpoint, body: string): Promise<boolean> {
    const timeout = AbortSignal.timeout(this.#world.settings.webhookTimeoutMs);
    try {
      const response = await fetch(endpoint.url, {
        method: "POST",
        body,
        redirect: "manual",
        signal: AbortSignal.any([timeout, this.#stopped.signal]),
        headers: {
          "content-type": "application/json; charset=utf-8",
          "stripe-signature": signatureHeader(body, endpoint._secret, Math.floor(Date.now() / 1000)),
          "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        },
      });
      await response.arrayBuffer();
      return response.status >= 200 && response.status < 300;
    } catch {
      // Nobody there, or too slow: to be tried again.
      return false;
    }
  }
}
