import { makePaymentMethod } from "../billing/cards.ts";
import { payInvoice, subscriptionOf } from "../billing/settle-invoice.ts";
import type { Invoice } from "../core/billing-objects.ts";
import { StripeError } from "../core/errors.ts";
import { decodeForm, type FormObject } from "../core/form.ts";
import type { Incoming, Outgoing } from "../server.ts";
import type { World } from "../world.ts";
import { cardFields, field, problem, readCard, testCards } from "./fields.ts";
import { day, dollars, html } from "./html.ts";
import { notice, page, redirect } from "./layout.ts";
import { invoicePdf } from "./pdf.ts";

/** `/i/<invoice>`: an invoice as its customer sees it; an open one can be paid, with another card too. */
export function invoicePage(world: World, id: string, { method, body }: Incoming): Outgoing {
  const invoice = world.state.invoices.find(id);
  if (!invoice || invoice.status === "draft") return notice("Not found", "There is no such invoice.");
  if (method !== "POST") return show(world, invoice, {}, null);
  const form = decodeForm(body);
  if (invoice.status !== "open") return redirect(`/i/${id}`);
  try {
    const to = pay(world, invoice, form);
    return redirect(to);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    return show(world, invoice, form, error.message);
  } finally {
    world.onChange();
  }
}

/** A paid invoice's card becomes that of its subscription, so that the next one is paid as well. */
export function pay(world: World, invoice: Invoice, form: FormObject): string {
  const card = makePaymentMethod(world, readCard(form), world.now(invoice.customer));
  const result = payInvoice(world, invoice, card, {
    customerThere: true,
    returnUrl: `${world.url}/i/${invoice.id}`,
  });
  const intent = world.state.paymentIntents.get(invoice._paymentIntent!);
  if (result === "failed")
    throw new StripeError(402, intent.last_payment_error!.message, { type: "card_error" });
  if (card.customer === null) {
    card.customer = invoice.customer;
    world.emit("payment_method.attached", card);
  }
  const subscription = subscriptionOf(world, invoice);
  if (subscription && subscription.ended_at === null) subscription.default_payment_method = card.id;
  return result === "requires_action" ? intent.next_action!.redirect_to_url.url : `/i/${invoice.id}`;
}

/** `/i/<invoice>/pdf` */
export function invoicePdfPage(world: World, id: string): Outgoing {
  const invoice = world.state.invoices.find(id);
  if (!invoice || invoice.status === "draft") return notice("Not found", "There is no such invoice.");
  return {
    status: 200,
    headers: {
      "content-type": "application/pdf",
      "content-disposition": `inline; filename="${invoice.number}.pdf"`,
    },
    body: invoicePdf(invoice),
  };
}

const STATUS = { paid: "Paid", open: "Due", void: "Void", uncollectible: "Written off", draft: "Draft" };

function show(world: World, invoice: Invoice, form: FormObject, error: string | null): Outgoing {
  const failed =
    invoice._paymentIntent === null
      ? null
      : world.state.paymentIntents.get(invoice._paymentIntent).last_payment_error;
  return page(
    `Invoice ${invoice.number} · ${world.settings.accountName}`,
    html`<div class="two">
<section class="card" aria-labelledby="what">
<h1 id="what">Invoice ${invoice.number}</h1>
<p class="soft">${STATUS[invoice.status]} · ${day(invoice.created)} · ${invoice.customer_name ?? invoice.customer_email ?? ""}</p>
<p class="big">${dollars(invoice.amount_due)}</p>
${invoice.lines.data.map((line) => html`<div class="row"><span>${line.description}<br><span class="soft">${day(line.period.start)} – ${day(line.period.end)}</span></span><span>${dollars(line.amount)}</span></div>`)}
${invoice.total_discount_amounts.map(({ amount }) => html`<div class="row"><span>Discount</span><span>${dollars(-amount)}</span></div>`)}
<div class="row"><strong>Total</strong><span><strong>${dollars(invoice.total)}</strong></span></div>
${invoice.customer_tax_ids.map(({ type, value }) => html`<p class="soft">${type}: ${value}</p>`)}
<p><a href="/i/${invoice.id}/pdf">Download invoice</a></p>
</section>
${
  invoice.status === "open"
    ? html`<section class="card" aria-labelledby="pay"><h2 id="pay">Pay this invoice</h2>
<form method="post" action="/i/${invoice.id}">${problem(error ?? failed?.message ?? null)}${cardFields(form)}<button name="do" value="pay">Pay ${dollars(invoice.amount_remaining)}</button></form>
${testCards}</section>`
    : html`<section class="card"><h2>${invoice.status === "paid" ? "Invoice paid" : STATUS[invoice.status]}</h2><p class="soft">${field(form, "do") ? "Thank you." : "There is nothing to do."}</p></section>`
}
</div>`,
  );
}
