import type { Stripe } from "stripe";
import type { MeterName } from "../../../db/schema/index.ts";
import { plans } from "../../plans.ts";
import { type PlanItem, planItems } from "../catalog.ts";
import { type PaidPlan, paidPlans } from "../schemas.ts";
import { creationKey } from "./idempotency.ts";
import type { Report } from "./report.ts";

interface WantedProduct {
  readonly key: string;
  readonly name: string;
  readonly metadata: { readonly hotspot_plan: PaidPlan } | { readonly hotspot_meter: PlanItem };
  readonly unitLabel: string;
}

/** What invoices call a meter, and one unit of it. */
const meterWords = {
  requests: { name: "requests", unit: "request" },
  megabytes: { name: "megabytes", unit: "megabyte" },
  tokens: { name: "tokens", unit: "token" },
  storage: { name: "backup storage", unit: "MB-day" },
  storage_writes: { name: "backup writes", unit: "operation" },
  storage_reads: { name: "backup reads", unit: "operation" },
} as const satisfies Record<MeterName, { name: string; unit: string }>;

/** A product per plan, which is its seats, and one per meter, which all plans share. */
const wanted: readonly WantedProduct[] = [
  ...paidPlans.map((plan) => ({
    key: plan,
    name: `Hotspot ${plans[plan].title}`,
    metadata: { hotspot_plan: plan },
    unitLabel: "seat",
  })),
  ...planItems
    .filter((item) => item !== "seat")
    .map((item) => ({
      key: item,
      name: `Hotspot ${meterWords[item].name}`,
      metadata: { hotspot_meter: item },
      unitLabel: meterWords[item].unit,
    })),
];

/** Product ids: of plans by plan, of meters by meter. */
export type Products = Readonly<Record<string, string>>;

/** Finds our products by what is written on them, also archived ones, and makes those that are missing. */
export async function provisionProducts(stripe: Stripe, report: Report): Promise<Products> {
  const found = new Map<string, Stripe.Product>();
  for await (const product of stripe.products.list({ limit: 100 })) {
    const key = product.metadata.hotspot_plan ?? product.metadata.hotspot_meter;
    // The list is newest first; the oldest one is the one that prices hang on.
    if (key !== undefined) found.set(key, product);
  }
  const ids: Record<string, string> = {};
  for (const product of wanted)
    ids[product.key] = await provision(stripe, product, found.get(product.key), report);
  return ids;
}

async function provision(
  stripe: Stripe,
  { key, name, metadata, unitLabel }: WantedProduct,
  found: Stripe.Product | undefined,
  report: Report,
): Promise<string> {
  const what = `product ${name}`;
  if (!found) {
    const parameters = { name, metadata, unit_label: unitLabel };
    const { id } = await stripe.products.create(parameters, {
      idempotencyKey: creationKey(`product-${key}`, parameters),
    });
    report({ did: "made", what, id });
    return id;
  }
  const { id } = found;
  if (found.active && found.name === name) {
    report({ did: "kept", what, id });
    return id;
  }
  await stripe.products.update(id, { name, active: true });
  report({ did: found.active ? "changed" : "switched on", what, id });
  return id;
}
