import { StripeError } from "../core/errors.ts";
import { decodeForm, type FormObject } from "../core/form.ts";
import type { CheckoutSession } from "../core/payment-objects.ts";
import type { Incoming, Outgoing } from "../server.ts";
import type { World } from "../world.ts";
import { type CheckoutForm, submitCheckout, summaryOf } from "./checkout-session.ts";
import { cardFields, field, problem, readCard, testCards } from "./fields.ts";
import { day, dollars, type Html, html } from "./html.ts";
import { notice, page, redirect } from "./layout.ts";

/** `/c/pay/<session>`: the page on which somebody buys. */
export function checkoutPage(world: World, id: string, { method, body }: Incoming): Outgoing {
  const session = world.state.checkoutSessions.find(id);
  if (!session) return notice("Not found", "There is no such checkout.");
  if (session.status !== "open") {
    const back = session.cancel_url === null ? null : { url: session.cancel_url, label: "Back to the shop" };
    const words =
      session.status === "complete"
        ? "This has been paid for already."
        : "This page is too old: start again from the shop.";
    return notice(session.status === "complete" ? "Done" : "This link has expired", words, back);
  }
  if (method !== "POST") return show(world, session, {}, null);
  const form = decodeForm(body);
  try {
    if (field(form, "do") === "apply") return show(world, session, form, null);
    const to = submitCheckout(world, session, readForm(form));
    world.onChange();
    return redirect(to);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    world.onChange();
    return show(world, session, form, error.message);
  }
}

function readForm(form: FormObject): CheckoutForm {
  const value = field(form, "tax_id");
  return {
    card: readCard(form),
    promotionCode: field(form, "promotion_code") || null,
    taxId: value ? { type: field(form, "tax_type"), value } : null,
    country: field(form, "country") || null,
    postalCode: field(form, "postal_code") || null,
  };
}

/** The page, with what was filled in so far. Numbers of cards are shown again: they are none. */
export function show(
  world: World,
  session: CheckoutSession,
  form: FormObject,
  error: string | null,
): Outgoing {
  let message = error;
  let code = field(form, "promotion_code") || null;
  let summary: ReturnType<typeof summaryOf>;
  try {
    summary = summaryOf(world, session, code);
  } catch (reason) {
    if (!(reason instanceof StripeError)) throw reason;
    message ??= reason.message;
    code = null;
    summary = summaryOf(world, session, null);
  }
  const customer = session.customer === null ? null : world.state.customers.get(session.customer);
  const label =
    session.mode === "setup" ? "Save card" : summary.trialEnd === null ? "Subscribe" : "Start trial";
  return page(
    `${label} · ${world.settings.accountName}`,
    html`${session.cancel_url && html`<p><a href="${session.cancel_url}">← Back</a></p>`}
<div class="two">
<section class="card" aria-labelledby="what">
<h1 id="what">${session.mode === "setup" ? "Save a card" : "Subscribe"}</h1>
${session.mode === "setup" ? null : total(summary)}
</section>
<section class="card" aria-labelledby="pay">
<h2 id="pay">Payment details</h2>
<form method="post" action="/c/pay/${session.id}">
${problem(message)}
${customer?.email || session.customer_email ? html`<p class="soft">${customer?.email ?? session.customer_email}</p>` : html`<label>E-mail<input type="email" name="email" autocomplete="email" value="${field(form, "email")}" required></label>`}
${cardFields(form)}
<div class="pair">
<label>Country<input name="country" autocomplete="country" maxlength="2" placeholder="DE" value="${field(form, "country") || (customer?.address?.country ?? "")}"></label>
<label>Postal code<input name="postal_code" autocomplete="postal-code" value="${field(form, "postal_code") || (customer?.address?.postal_code ?? "")}"></label>
</div>
${session.tax_id_collection.enabled && taxFields(form)}
${
  session.allow_promotion_codes &&
  html`<label>Promotion code<input name="promotion_code" value="${code ?? ""}"></label>
<button class="plain" name="do" value="apply" formnovalidate>Apply code</button>`
}
<button name="do" value="pay">${label}</button>
</form>
${testCards}
</section>
</div>`,
  );
}

function total(summary: ReturnType<typeof summaryOf>): Html {
  return html`<p class="big">${dollars(summary.dueCents)}</p>
<p class="soft">${summary.trialEnd === null ? "due today" : `due today; free until ${day(summary.trialEnd)}, then ${dollars(summary.thenCents)} a month`}</p>
${summary.lines.map((line) => html`<div class="row"><span>${line.description}<br><span class="soft">${line.detail}</span></span><span>${dollars(line.cents)}</span></div>`)}
${summary.discount && html`<div class="row"><span>${summary.discount.name}</span><span>${dollars(-summary.discount.cents)}</span></div>`}
<div class="row"><strong>Due today</strong><span><strong>${dollars(summary.dueCents)}</strong></span></div>`;
}

function taxFields(form: FormObject): Html {
  const types = ["eu_vat", "gb_vat", "ch_vat", "us_ein", "au_abn", "in_gst"];
  const chosen = field(form, "tax_type");
  return html`<div class="pair">
<label>Tax id type<select name="tax_type">${types.map((type) => (type === chosen ? html`<option selected>${type}</option>` : html`<option>${type}</option>`))}</select></label>
<label>Tax id (optional)<input name="tax_id" value="${field(form, "tax_id")}"></label>
</div>`;
}
