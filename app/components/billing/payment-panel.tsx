import { Panel } from "~/components/ui/panel.tsx";
import type { Billing } from "~/lib/api-types.ts";
import { cardExpiry, paymentMethodWords } from "~/lib/billing-words.ts";
import { paths } from "~/lib/paths.ts";
import { PostButton } from "./post-button.tsx";

/** What invoices are paid with, and the way to Stripe's page that changes it. */
export function PaymentPanel({ billing }: { billing: Billing }) {
  const paymentMethod = billing.subscription?.paymentMethod ?? null;
  const expiry = paymentMethod && cardExpiry(paymentMethod);
  return (
    <Panel
      id="payment"
      title="Payment"
      lead="Cards and the billing address are kept by Stripe; they never pass through us."
    >
      <p>
        {paymentMethod ? paymentMethodWords(paymentMethod) : "No payment method yet."}
        {expiry ? <span className="text-mute"> · expires {expiry}</span> : null}
      </p>
      {billing.canManage ? (
        <div className="mt-4 flex flex-wrap gap-2">
          <PostButton action={paths.billingPortal} values={{ flow: "payment_method_update" }} look="quiet">
            {paymentMethod ? "Change the payment method" : "Add a payment method"}
          </PostButton>
          <PostButton action={paths.billingPortal} values={{ flow: "customer_update" }} look="quiet">
            Change the billing address
          </PostButton>
        </div>
      ) : null}
    </Panel>
  );
}
