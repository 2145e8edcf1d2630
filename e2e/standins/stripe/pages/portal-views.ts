import { periodOf } from "../billing/create.ts";
import { licensedCents } from "../billing/lines.ts";
import type { Subscription } from "../core/billing-objects.ts";
import type { FormObject } from "../core/form.ts";
import { hasFeature } from "../resources/portal.ts";
import type { Outgoing } from "../server.ts";
import { cardFields, field, problem, testCards } from "./fields.ts";
import { day, dollars, type Html, html } from "./html.ts";
import { page } from "./layout.ts";
import { type PortalContext, running } from "./portal-context.ts";

const head = ({ session }: PortalContext) =>
  session.return_url && html`<p><a href="${session.return_url}">← Back</a></p>`;

export function homeView(context: PortalContext, error: string | null): Outgoing {
  const { world, session, customer } = context;
  const has = (name: string) => hasFeature(world, session, name);
  return page(
    "Your billing",
    html`${head(context)}<h1>Your billing</h1>${problem(error)}
<section class="card"><h2>Subscription</h2>${subscriptions(context)}</section>
<section class="card"><h2>Payment method</h2>${cards(context)}
${has("payment_method_update") && html`<a class="button plain" href="/p/${session.id}/card">Add a payment method</a>`}</section>
<section class="card"><h2>Billing details</h2>
<p>${customer.name ?? ""}<br><span class="soft">${customer.email ?? ""}</span></p>
${world.state.taxIds.filter((one) => one.customer === customer.id).map(({ type, value }) => html`<p class="soft">${type}: ${value}</p>`)}
${has("customer_update") && html`<a class="button plain" href="/p/${session.id}/details">Change details</a>`}</section>
${has("invoice_history") && html`<section class="card"><h2>Invoices</h2>${invoices(context)}</section>`}`,
  );
}

function subscriptions(context: PortalContext): Html {
  const { world, session, customer } = context;
  const all = running(world, customer);
  if (all.length === 0) return html`<p class="soft">There is none.</p>`;
  const cancels = hasFeature(world, session, "subscription_cancel");
  return html`${all.map((subscription) => {
    const seat =
      subscription.items.data.find(({ quantity }) => quantity !== undefined) ?? subscription.items.data[0]!;
    const ends = subscription.cancel_at !== null;
    const action = ends ? "resume" : "cancel";
    return html`<p><strong>${world.state.products.get(seat.price.product).name}</strong> · ${dollars(licensedCents(seat.price, seat.quantity ?? 1))} a month<br>
<span class="soft">${ends ? `Ends on ${day(subscription.cancel_at!)}` : `Next invoice on ${day(periodOf(subscription).end)}`}</span></p>
${
  ends
    ? html`<form method="post" action="/p/${session.id}/${action}"><input type="hidden" name="subscription" value="${subscription.id}"><button>Don't cancel</button></form>`
    : cancels && html`<a class="button plain" href="/p/${session.id}/cancel">Cancel subscription</a>`
}`;
  })}`;
}

function cards({ world, session, customer }: PortalContext): Html {
  const methods = world.state.paymentMethods.newest((one) => one.customer === customer.id);
  if (methods.length === 0) return html`<p class="soft">There is none.</p>`;
  const used =
    running(world, customer)[0]?.default_payment_method ?? customer.invoice_settings.default_payment_method;
  return html`${methods.map(
    ({ id, card }) =>
      html`<div class="row"><span>${card.brand} •••• ${card.last4}<br><span class="soft">${card.exp_month}/${card.exp_year}</span></span><span>${
        id === used
          ? "Default"
          : html`<form method="post" action="/p/${session.id}/default"><input type="hidden" name="method" value="${id}"><button class="plain" aria-label="Make ${card.last4} the default">Make default</button></form>`
      }</span></div>`,
  )}`;
}

function invoices({ world, customer }: PortalContext): Html {
  const all = world.state.invoices.newest(
    ({ customer: owner, status }) => owner === customer.id && status !== "draft",
  );
  if (all.length === 0) return html`<p class="soft">There are none yet.</p>`;
  return html`${all.map(
    ({ hosted_invoice_url, number, created, status, total }) =>
      html`<div class="row"><a href="${hosted_invoice_url}">${number}, ${day(created)}</a><span>${dollars(total)} · ${status}</span></div>`,
  )}`;
}

export function cardView(context: PortalContext, form: FormObject, error: string | null): Outgoing {
  return page(
    "Payment method",
    html`${head(context)}<section class="card"><h1>Add a payment method</h1>
<form method="post" action="/p/${context.session.id}/card">${problem(error)}${cardFields(form)}<button>Save</button></form>${testCards}</section>`,
  );
}

export function cancelView(
  context: PortalContext,
  subscription: Subscription,
  error: string | null,
): Outgoing {
  const { end } = periodOf(subscription);
  return page(
    "Cancel subscription",
    html`${head(context)}<section class="card"><h1>Cancel subscription</h1>${problem(error)}
<p class="soft">It stays as it is until ${day(end)}, and ends then.</p>
<form method="post" action="/p/${context.session.id}/cancel"><input type="hidden" name="subscription" value="${subscription.id}"><button>Cancel subscription</button></form>
<p><a href="/p/${context.session.id}">Keep it</a></p></section>`,
  );
}

export function detailsView(context: PortalContext, form: FormObject, error: string | null): Outgoing {
  const { customer, session } = context;
  const { address } = customer;
  const row = (name: string, label: string, value: string | null | undefined) =>
    html`<label>${label}<input name="${name}" value="${field(form, name) || (value ?? "")}"></label>`;
  return page(
    "Billing details",
    html`${head(context)}<section class="card"><h1>Billing details</h1>
<form method="post" action="/p/${session.id}/details">${problem(error)}
${row("name", "Name", customer.name)}${row("email", "E-mail", customer.email)}
${row("line1", "Street", address?.line1)}
<div class="pair">${row("postal_code", "Postal code", address?.postal_code)}${row("city", "City", address?.city)}</div>
${row("country", "Country", address?.country)}
<div class="pair"><label>Tax id type<select name="tax_type"><option>eu_vat</option><option>gb_vat</option><option>us_ein</option></select></label>${row("tax_id", "New tax id", "")}</div>
<button>Save</button></form></section>`,
  );
}
