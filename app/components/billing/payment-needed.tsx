import { Notice } from "~/components/ui/notice.tsx";

/** The bank wants the person to confirm, or the card was declined: the change waits for the payment. */
export function PaymentNeeded({ payUrl }: { payUrl: string | null }) {
  return (
    <Notice tone="warn" title="The payment needs you" announce>
      Your bank asks you to confirm it, or the card was declined. The change takes effect as soon as it is
      paid; until then everything stays as it is.
      {payUrl ? (
        <span className="mt-2 block">
          <a href={payUrl} className="link font-medium">
            Confirm or pay at Stripe
          </a>
        </span>
      ) : null}
    </Notice>
  );
}
