import { moneyInWords, sendNotice } from "../../dunning/index.ts";
import { hasOpenIncident, openIncident, resolveIncident } from "../incidents.ts";
import type { SpecialHandler } from "./types.ts";

/** An invoice that cannot be finalized (an address that tax needs, for example) is never paid, and nobody hears of it. */
export const noteFinalization: SpecialHandler = async ({ db, stripe, log }, event) => {
  const { type, object_id, tenantId } = event;
  const incident = { kind: "finalization_failed", objectId: object_id } as const;
  // Most invoices never had a problem: those need no question to Stripe.
  if (type !== "invoice.finalization_failed" && !(await hasOpenIncident(db, incident))) return;
  const invoice = await stripe.invoices.retrieve(object_id);
  const failure = invoice.last_finalization_error;
  if (invoice.status !== "draft" || !failure) return resolveIncident(db, incident);
  await openIncident(db, log, {
    ...incident,
    tenantId,
    detail: { code: failure.code ?? null, message: failure.message ?? null, amountCents: invoice.total },
  });
};

/** The bank asks the customer: they get the page on which they can answer. */
export const askForAuthentication: SpecialHandler = async (deps, { object_id, tenantId }) => {
  if (tenantId === null) return;
  const invoice = await deps.stripe.invoices.retrieve(object_id);
  const { hosted_invoice_url: invoiceUrl, amount_remaining, currency } = invoice;
  if (invoice.status !== "open" || !invoiceUrl) return;
  const kind = "payment_action_required";
  await sendNotice(deps, { tenantId, kind, subject: object_id }, (accountName) => ({
    kind,
    accountName,
    amount: moneyInWords(amount_remaining, currency),
    invoiceUrl,
  }));
};
