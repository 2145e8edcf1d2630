import { ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import type { PlanAlarm } from "~/lib/billing-words.ts";
import { paths } from "~/lib/paths.ts";
import { PostButton } from "./post-button.tsx";

interface PlanAlarmNoticeProps {
  alarm: PlanAlarm;
  /** The invoice whose payment is the way out. */
  openInvoiceId: string | null;
  canManage: boolean;
}

/** What the account has to do so that it keeps its service, with the buttons that do it. */
export function PlanAlarmNotice({ alarm, openInvoiceId, canManage }: PlanAlarmNoticeProps) {
  return (
    <Notice tone={alarm.tone} title={alarm.title}>
      <p className="max-w-[75ch]">{alarm.text}</p>
      {canManage ? (
        <div className="mt-3 mb-1 flex flex-wrap gap-2 text-ink">
          {openInvoiceId ? (
            <>
              <PostButton action={paths.invoicePay(openInvoiceId)}>{alarm.payLabel}</PostButton>
              <ButtonLink to={paths.invoice(openInvoiceId)} look="quiet">
                See the invoice
              </ButtonLink>
            </>
          ) : null}
          <PostButton action={paths.billingPortal} values={{ flow: "payment_method_update" }} look="quiet">
            Change the payment method
          </PostButton>
        </div>
      ) : (
        <p className="mt-1">Ask an owner or admin of your account to do that.</p>
      )}
    </Notice>
  );
}
