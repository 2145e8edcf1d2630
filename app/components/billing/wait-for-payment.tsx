import { useRevalidator } from "@remix-run/react";
import { useEffect } from "react";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { paths } from "~/lib/paths.ts";

const lookAgainMs = 3_000;

/** While a bank takes its time: looks again by itself. */
export function WaitForPayment({ planTitle }: { planTitle: string }) {
  const { revalidate, state } = useRevalidator();
  useEffect(() => {
    if (state !== "idle") return;
    const timer = setTimeout(revalidate, lookAgainMs);
    return () => clearTimeout(timer);
  }, [revalidate, state]);
  return (
    <Page title="Your payment is under way" parent={{ to: paths.billing, title: "Billing" }} narrow>
      <Notice title={`${planTitle} starts when the payment is confirmed`}>
        That takes seconds with a card, and up to some days with a bank debit. You can leave this page; we
        mail you when it is done.
      </Notice>
      <ButtonLink to={paths.billing} look="quiet" className="justify-self-start">
        Back to billing
      </ButtonLink>
    </Page>
  );
}
