import type { OpenPortalInput, UrlOutput } from "../schemas.ts";
import { type BillingArgs, mutateBilling } from "./mutation.ts";

/**
 * Opens Stripe's own page for payment methods, address and tax ids. Its address works once and for a short time: ask for
 * it per click.
 *
 * @throws DomainError precondition/catalog_missing
 */
export function openPortal(args: BillingArgs & { input: OpenPortalInput }): Promise<UrlOutput> {
  const { flow = "home" } = args.input;
  return mutateBilling(args, async (mutation) => {
    const { stripe, billing, portalUrl } = mutation;
    const configuration = await billing.catalog.portalConfiguration();
    const customer = await mutation.ensureCustomer();
    const returnUrl = `${portalUrl}/billing`;
    const { id, url } = await stripe.billingPortal.sessions.create({
      customer,
      configuration,
      return_url: returnUrl,
      ...(flow === "home"
        ? {}
        : {
            flow_data: {
              type: flow,
              after_completion: { type: "redirect", redirect: { return_url: returnUrl } },
            },
          }),
    });
    await mutation.audit({ action: "billing.open_portal", subject: id, detail: { flow } });
    return { url };
  });
}
