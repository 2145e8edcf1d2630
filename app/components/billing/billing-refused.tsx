import { useActionData } from "@remix-run/react";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { paths } from "~/lib/paths.ts";

/**
 * The page of a button that was refused: says why, and that nothing was changed. Its route has no loader, because one
 * that led away would run after the action too and take the refusal with it.
 */
export function BillingRefused({ title }: { title: string }) {
  const answer = useActionData<{ problem: { message: string } | null }>();
  return (
    <Page title={title} parent={{ to: paths.billing, title: "Billing" }} narrow>
      <Notice tone="bad" announce>
        {answer?.problem?.message ?? "Go back and try again."}
      </Notice>
      <p className="text-mute">Nothing was changed and nothing was charged.</p>
      <ButtonLink to={paths.billing} className="justify-self-start">
        Back to billing
      </ButtonLink>
    </Page>
  );
}
