import type { Stripe } from "stripe";
import { portalMetadata } from "../catalog.ts";
import { creationKey } from "./idempotency.ts";
import type { Report } from "./report.ts";

/**
 * Stripe's customer portal as we use it: payment methods, name, address and tax ids, invoices, an end with the period.
 * Plans are changed on our own page: Stripe's cannot do it for subscriptions with metered prices, nor show the cost.
 */
function wantedConfiguration(portalUrl: string) {
  return {
    business_profile: { headline: "Hotspot: payment and invoices" },
    default_return_url: `${portalUrl}/billing`,
    features: {
      customer_update: { enabled: true, allowed_updates: ["name", "email", "address", "tax_id"] },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: "at_period_end" },
      subscription_update: { enabled: false },
    },
  } satisfies Stripe.BillingPortal.ConfigurationCreateParams;
}

/** Finds our configuration of the portal by its metadata, makes it when it is missing, and brings it up to date. */
export async function provisionPortalConfiguration(
  stripe: Stripe,
  portalUrl: string,
  report: Report,
): Promise<void> {
  const wanted = wantedConfiguration(portalUrl);
  const digest = creationKey("portal", wanted);
  const metadata = { ...portalMetadata, hotspot_terms: digest };
  const what = "configuration of the customer portal";
  const found = await find(stripe);
  if (!found) {
    const { id } = await stripe.billingPortal.configurations.create(
      { ...wanted, metadata },
      { idempotencyKey: digest },
    );
    return report({ did: "made", what, id });
  }
  if (found.metadata?.hotspot_terms === digest) return report({ did: "kept", what, id: found.id });
  await stripe.billingPortal.configurations.update(found.id, { ...wanted, metadata });
  report({ did: "changed", what, id: found.id });
}

async function find(stripe: Stripe): Promise<Stripe.BillingPortal.Configuration | null> {
  for await (const configuration of stripe.billingPortal.configurations.list({ active: true, limit: 100 })) {
    if (configuration.metadata?.hotspot === portalMetadata.hotspot) return configuration;
  }
  return null;
}
