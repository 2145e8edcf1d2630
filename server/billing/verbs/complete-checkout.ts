import { DomainError } from "../../errors.ts";
import type { CompleteCheckoutInput, CompleteCheckoutOutput } from "../schemas.ts";
import { isMissing } from "../stripe-errors.ts";
import { idOf } from "../sync/times.ts";
import { type BillingArgs, mutateBilling } from "./mutation.ts";

/**
 * Takes over what was bought on a page of Stripe, so that whoever comes back from it sees the new plan before any notice
 * of Stripe arrived. May be repeated.
 *
 * @throws DomainError not_found/checkout_not_found: there is no such page, or it is another account's
 */
export function completeCheckout(
  args: BillingArgs & { input: CompleteCheckoutInput },
): Promise<CompleteCheckoutOutput> {
  return mutateBilling(args, async (mutation) => {
    const { stripe, db, tenantId } = mutation;
    const session = await stripe.checkout.sessions.retrieve(args.input.sessionId).catch((error: unknown) => {
      if (isMissing(error)) throw notFound();
      throw error;
    });
    const { stripe_customer_id: ownCustomer } = await db
      .selectFrom("tenant_settings")
      .select("stripe_customer_id")
      .where("tenant_id", "=", tenantId)
      .executeTakeFirstOrThrow();
    // Both, because an id of a session is no secret: it stands in the address that Stripe sends the browser back to.
    const isOurs = session.client_reference_id === tenantId && idOf(session.customer) === ownCustomer;
    if (!isOurs || session.mode !== "subscription") throw notFound();
    const { changed, plan } = await mutation.sync();
    if (changed) {
      await mutation.audit({
        action: "billing.complete_checkout",
        subject: session.id,
        detail: { plan, subscription: idOf(session.subscription) },
      });
    }
    return {
      status: (["complete", "expired"] as const).find((status) => status === session.status) ?? "open",
      paid: session.status === "complete" && session.payment_status !== "unpaid",
      subscription: await mutation.viewSubscription(),
    };
  });
}

function notFound(): DomainError {
  return new DomainError("not_found", "checkout_not_found", "there is no such order", { field: "sessionId" });
}
