import { type CardInput, cardError } from "../billing/cards.ts";
import type { FormObject } from "../core/form.ts";
import { type Html, html } from "./html.ts";

/** What a form field was filled with, trimmed; empty when it was not. */
export function field(form: FormObject, name: string): string {
  const value = form[name];
  return typeof value === "string" ? value.trim() : "";
}

export function cardFields(form: FormObject): Html {
  const kept = (name: string) => field(form, name);
  return html`
<label>Card number<input name="number" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242" value="${kept("number")}" required></label>
<div class="pair">
<label>Expiry (MM / YY)<input name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="12 / 34" value="${kept("expiry")}" required></label>
<label>CVC<input name="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" value="${kept("cvc")}" required></label>
</div>
<label>Name on card<input name="name" autocomplete="cc-name" value="${kept("name")}" required></label>`;
}

/** The cards that do something, for whoever tries. */
export const testCards = html`<details><summary>Test cards</summary>
<table>
<tr><th scope="col">Number</th><th scope="col">What it does</th></tr>
<tr><td><code>4242 4242 4242 4242</code></td><td>pays</td></tr>
<tr><td><code>4000 0025 0000 3155</code></td><td>asks its bank once, then pays</td></tr>
<tr><td><code>4000 0000 0000 0002</code></td><td>is declined</td></tr>
<tr><td><code>4000 0000 0000 0341</code></td><td>can be saved; payments with it fail</td></tr>
</table></details>`;

/** @throws StripeError to be shown beside the form */
export function readCard(form: FormObject): CardInput {
  const expiry = /^(\d{1,2})\s*\/?\s*(\d{2}|\d{4})$/.exec(field(form, "expiry"));
  if (!expiry)
    throw cardError({ code: "invalid_expiry_month", message: "Your card's expiration date is incomplete." });
  if (!/^\d{3,4}$/.test(field(form, "cvc")))
    throw cardError({ code: "invalid_cvc", message: "Your card's security code is incomplete." });
  const year = Number(expiry[2]);
  return {
    number: field(form, "number"),
    expMonth: Number(expiry[1]),
    expYear: year < 100 ? 2000 + year : year,
    name: field(form, "name") || null,
    email: field(form, "email") || null,
  };
}

export const problem = (message: string | null) =>
  message && html`<p class="bad" role="alert">${message}</p>`;
