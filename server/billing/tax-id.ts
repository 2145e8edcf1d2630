import type { Stripe } from "stripe";
import type { TaxIdSummary } from "../../db/schema/index.ts";

export function summarizeTaxId({ id, type, value, verification }: Stripe.TaxId): TaxIdSummary {
  const status = verification?.status ?? null;
  return { id, type, value, verification: status === "unavailable" ? null : status };
}
