import { Notice } from "~/components/ui/notice.tsx";

/** Says that nothing can be bought here, to customers and to the operator who may be reading. */
export function BillingOff() {
  return (
    <Notice title="Plans are not on sale here">
      Whoever runs this installation has not connected it to Stripe, so nothing is charged and plans are given
      by hand. If that is you: set <code className="text-ink">STRIPE_SECRET_KEY</code> and start the portal
      and the relay again.
    </Notice>
  );
}
