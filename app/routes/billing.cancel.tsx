import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { CancelConsequences } from "~/components/billing/cancel-consequences.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Button, ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { hasLiveSubscription, planNamed } from "~/lib/billing-words.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Cancel");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const billing = await orErrorPage(api.billing.get());
  if (!hasLiveSubscription(billing) || billing.subscription?.cancelAt || !billing.canManage) {
    throw redirect(paths.billing);
  }
  const [{ endpoints }, license] = await Promise.all([api.endpoints.list(), api.licenses.get()]);
  return { billing, have: { endpoints: endpoints.length, devices: license.devices.length } };
}

export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { problem } = await attempt(args.context.api.billing.cancel());
  if (problem) return { problem };
  throw redirect(`${paths.billing}?done=plan-cancelled`);
}

export default function Cancel() {
  const { billing, have } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  const subscription = billing.subscription!;
  const title = subscription.plan ? (planNamed(billing, subscription.plan)?.title ?? "the plan") : "the plan";
  return (
    <Page
      title={`Cancel ${title}?`}
      lead="It runs to the end of what is paid. You can keep it with one press until then."
      parent={{ to: paths.billing, title: "Billing" }}
      narrow
    >
      {answer?.problem ? (
        <Notice tone="bad" announce>
          {answer.problem.message}
        </Notice>
      ) : null}
      <CancelConsequences billing={billing} subscription={subscription} have={have} />
      <Form method="post" className="flex flex-wrap gap-2">
        <Button type="submit" look="danger" busy={busy}>
          Cancel {title}
        </Button>
        <ButtonLink to={paths.billing} look="quiet">
          Keep {title}
        </ButtonLink>
      </Form>
    </Page>
  );
}
