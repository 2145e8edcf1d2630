import { closeDispute } from "../billing/disputes.ts";
import { runUntil } from "../billing/due.ts";
import { defaultMethod, payInvoice } from "../billing/settle-invoice.ts";
import { StripeError } from "../core/errors.ts";
import { Faults, type FaultsInput } from "../core/faults.ts";
import { authenticateCheckout, openSession, submitCheckout } from "../pages/checkout-session.ts";
import { pay } from "../pages/invoice.ts";
import { disputeLastCharge } from "../resources/payments.ts";
import { Settings, type SettingsInput } from "../settings.ts";
import type { Deliveries } from "../webhooks/deliver.ts";
import type { World } from "../world.ts";

/** What a test can do to the account from outside; the same by HTTP below `/_control`. */
export interface Control {
  /** Sets what goes wrong from now on; what is left out goes well again. */
  setFaults(faults: FaultsInput): void;
  /** Changes some of the account's settings. */
  setSettings(settings: SettingsInput): void;
  /** Unix seconds. */
  now(): number;
  /** Moves the time there, unix seconds; what falls due on the way happens on the way, in order. */
  advance(to: number): Promise<void>;
  /** Everything the account holds, our own fields included. */
  state(): Record<string, unknown>;
  /** Waits until all webhooks are delivered or given up. */
  settled(): Promise<void>;
  /**
   * Completes a checkout as its page would, without a browser.
   * @returns the address that the browser would go back to
   */
  completeCheckout(
    session: string,
    form?: { card?: string; promotionCode?: string; taxId?: { type: string; value: string } },
  ): string;
  /** Pays an open invoice on its page. */
  payInvoice(invoice: string, card?: string): void;
  /** A bank takes the last payment of a customer back. @returns id of the dispute */
  dispute(customer: string, reason?: string): string;
  closeDispute(dispute: string, outcome: "won" | "lost"): void;
  /** Sends an event again, a lost one too. */
  resend(eventId: string): void;
  /** Empties the account; webhook endpoints stay. */
  reset(): void;
}

export function createControl(world: World, deliveries: Deliveries): Control {
  return {
    setFaults(faults) {
      world.faults = Faults.parse(faults);
    },
    setSettings(settings) {
      Object.assign(world.settings, Settings.parse({ ...world.settings, ...settings }));
    },
    now: () => world.clock.now(),
    async advance(to) {
      if (to < world.clock.now()) throw new StripeError(400, `it is ${world.clock.now()} already`);
      runUntil(world, null, to, (at) => world.clock.moveTo(at));
      world.onChange();
    },
    state: () => world.state.toJSON(),
    completeCheckout(id, { card = "4242424242424242", promotionCode, taxId } = {}) {
      const session = openSession(world, id);
      const details = {
        number: card,
        expMonth: 12,
        expYear: 2040,
        name: "Test Customer",
        email: "customer@example.com",
      };
      const to = submitCheckout(world, session, {
        card: details,
        promotionCode: promotionCode ?? null,
        taxId: taxId ?? null,
        country: null,
        postalCode: null,
      });
      const back = to.startsWith(`${world.url}/authenticate/`)
        ? authenticateCheckout(world, session, true)
        : to;
      world.onChange();
      return back;
    },
    payInvoice(id, card = "4242424242424242") {
      const invoice = world.state.invoices.get(id);
      const to = pay(world, invoice, { number: card, expiry: "12/40", cvc: "123", name: "Test Customer" });
      if (to.startsWith(`${world.url}/authenticate/`))
        payInvoice(world, invoice, defaultMethod(world, invoice), {
          customerThere: true,
          authenticated: true,
        });
      world.onChange();
    },
    dispute: (customer, reason = "fraudulent") => disputeLastCharge(world, customer, reason).id,
    closeDispute(dispute, outcome) {
      closeDispute(world, world.state.disputes.get(dispute), outcome);
    },
    settled: () => deliveries.settled(),
    resend: (eventId) => deliveries.resend(eventId),
    reset() {
      const endpoints = [...world.state.webhookEndpoints.values()];
      world.state.clear();
      world.keys.clear();
      for (const endpoint of endpoints) world.state.webhookEndpoints.add(endpoint);
      world.onChange();
    },
  };
}
