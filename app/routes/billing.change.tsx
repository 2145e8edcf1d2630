import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ChangePreviewPanel } from "~/components/billing/change-preview.tsx";
import { ChangeSeatsForm } from "~/components/billing/change-seats-form.tsx";
import { PaymentNeeded } from "~/components/billing/payment-needed.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { hasLiveSubscription, planNamed } from "~/lib/billing-words.ts";
import { formText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { readPaidPlan, readSeats } from "~/lib/plan-order.ts";
import { problemAt } from "~/lib/problem.ts";

export const meta = () => pageTitle("Change the plan");

/** What `?plan=` and `?seats=` would cost; nothing is changed by looking. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const billing = await orErrorPage(api.billing.get());
  const search = new URL(args.request.url).searchParams;
  const asked = readPaidPlan(search.get("plan"));
  const seats = readSeats(search.get("seats"));
  if (!hasLiveSubscription(billing)) throw redirect(paths.billingCheckout(asked ?? undefined, seats));
  const plan = asked ?? readPaidPlan(billing.subscription?.plan ?? null);
  if (!plan || !billing.canManage) throw redirect(paths.billing);
  const { value: preview, problem } = await attempt(api.billing.previewChange({ plan, seats }));
  return { billing, plan, seats, preview, problem, intent: crypto.randomUUID() };
}

export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const { value: change, problem } = await attempt(
    args.context.api.billing.changePlan({
      plan: readPaidPlan(formText(form, "plan")) ?? undefined,
      seats: readSeats(formText(form, "seats")),
      prorationDate: Number(formText(form, "prorationDate")) || undefined,
      intent: formText(form, "intent") || undefined,
    }),
  );
  if (problem) return { problem, payUrl: null };
  if (change.outcome === "payment_needed") return { problem: null, payUrl: change.hostedInvoiceUrl };
  throw redirect(`${paths.billing}?done=${doneOf[change.outcome]}`);
}

const doneOf = { changed: "plan-changed", scheduled: "plan-scheduled", kept: "plan-kept" } as const;

export default function ChangePlan() {
  const { billing, plan, seats, preview, problem, intent } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const facts = planNamed(billing, plan);
  const presentSeats = seats ?? billing.subscription?.seats ?? 1;
  const samePlan = billing.subscription?.plan === plan;
  return (
    <Page
      title={samePlan ? "Change the seats" : `Change to ${facts?.title ?? plan}`}
      lead="This is what it will cost. Nothing has changed yet."
      parent={{ to: paths.billing, title: "Billing" }}
      narrow
    >
      {answer?.payUrl !== undefined && !answer.problem ? <PaymentNeeded payUrl={answer.payUrl} /> : null}
      {answer?.problem ? (
        <Notice tone="bad" announce>
          {answer.problem.message}
        </Notice>
      ) : null}
      {problem && problem.field !== "seats" ? (
        <Notice tone="bad" title="The cost could not be worked out">
          {problem.message}
        </Notice>
      ) : null}
      {facts && facts.maxSeats > 1 ? (
        <ChangeSeatsForm
          key={presentSeats}
          plan={plan}
          initial={presentSeats}
          min={billing.seatsUsed}
          max={facts.maxSeats}
          error={problemAt(problem, "seats")}
        />
      ) : null}
      {preview ? (
        <ChangePreviewPanel
          preview={preview}
          subscription={billing.subscription!}
          plans={billing.plans}
          intent={intent}
        />
      ) : null}
    </Page>
  );
}
