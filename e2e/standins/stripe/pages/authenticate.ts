import { payInvoice } from "../billing/settle-invoice.ts";
import { StripeError } from "../core/errors.ts";
import { decodeForm } from "../core/form.ts";
import { confirmSetup } from "../resources/payments.ts";
import type { Incoming, Outgoing } from "../server.ts";
import type { World } from "../world.ts";
import { show } from "./checkout.ts";
import { authenticateCheckout, openSession } from "./checkout-session.ts";
import { field } from "./fields.ts";
import { html } from "./html.ts";
import { notice, page, redirect } from "./layout.ts";

/** `/authenticate/<id>`: where a bank asks its customer, for a checkout, a payment or a card that is saved. */
export function authenticatePage(world: World, id: string, { method, body }: Incoming): Outgoing {
  if (!isWaiting(world, id))
    return notice("Nothing to confirm", "This payment does not wait for you any more.");
  if (method !== "POST") return ask(id);
  const success = field(decodeForm(body), "do") === "complete";
  const answer = carryOn(world, id, success);
  world.onChange();
  return answer;
}

function isWaiting({ state }: World, id: string): boolean {
  const session = state.checkoutSessions.find(id);
  if (session) return session.status === "open" && session._pending !== null;
  return (state.paymentIntents.find(id) ?? state.setupIntents.find(id))?.status === "requires_action";
}

const ask = (id: string) =>
  page(
    "Confirm with your bank",
    html`<section class="card"><h1>Confirm with your bank</h1>
<p class="soft">Here the bank of the card would ask its owner. Choose what they answer.</p>
<form method="post" action="/authenticate/${id}">
<button name="do" value="complete">Complete authentication</button>
<button class="plain" name="do" value="fail">Fail authentication</button>
</form></section>`,
  );

function carryOn(world: World, id: string, success: boolean): Outgoing {
  const { state } = world;
  if (state.checkoutSessions.find(id)) {
    const session = openSession(world, id);
    const form = (session._pending?.form as { card?: { name?: string } } | undefined)?.card;
    try {
      return redirect(authenticateCheckout(world, session, success));
    } catch (error) {
      if (!(error instanceof StripeError)) throw error;
      return show(world, session, { name: form?.name ?? "" }, error.message);
    }
  }
  const setup = state.setupIntents.find(id);
  if (setup) {
    const to = setup.next_action?.redirect_to_url.return_url;
    if (success) confirmSetup(world, setup, setup.payment_method!, { authenticated: true, returnUrl: null });
    else Object.assign(setup, { status: "requires_payment_method", next_action: null });
    return to ? redirect(to) : notice(success ? "Confirmed" : "Not confirmed", "You can close this page.");
  }
  const intent = state.paymentIntents.get(id);
  const to = intent.next_action?.redirect_to_url.return_url;
  const invoice = state.invoices.get(intent._invoice!);
  const card = intent.payment_method === null ? null : state.paymentMethods.get(intent.payment_method);
  if (success) payInvoice(world, invoice, card, { customerThere: true, authenticated: true });
  else {
    Object.assign(intent, { status: "requires_payment_method", next_action: null });
    intent.last_payment_error = {
      code: "payment_intent_authentication_failure",
      message: "The provided PaymentMethod has failed authentication.",
      type: "card_error",
    };
    world.emit("payment_intent.payment_failed", intent);
  }
  return redirect(to ?? `/i/${invoice.id}`);
}
