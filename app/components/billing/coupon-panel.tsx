import { useFetcher } from "@remix-run/react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Subscription } from "~/lib/api-types.ts";
import { discountWords } from "~/lib/billing-words.ts";
import { paths } from "~/lib/paths.ts";
import type { Problem } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";

/** A promotion code for the present subscription. */
export function CouponPanel({ discount }: { discount: Subscription["discount"] }) {
  const fetcher = useFetcher<{ problem: Problem | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (!problem) toast("Applied. It counts from the next invoice on.");
  });
  return (
    <Panel
      id="promotion"
      title="Promotion code"
      lead={discount ? discountWords(discount) : "Takes effect with the next invoice."}
    >
      <fetcher.Form
        key={discount?.coupon}
        method="post"
        action={paths.billingCoupon}
        className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_auto]"
      >
        <TextField
          label={discount ? "Another code in its place" : "Code"}
          name="coupon"
          required
          maxLength={100}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          className="font-mono"
          error={fetcher.data?.problem?.message}
        />
        <Button type="submit" look="quiet" busy={fetcher.state !== "idle"} className="sm:mt-7.5">
          Apply
        </Button>
      </fetcher.Form>
    </Panel>
  );
}
