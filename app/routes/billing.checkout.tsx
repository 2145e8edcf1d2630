import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BillingOff } from "~/components/billing/billing-off.tsx";
import { CheckoutForm } from "~/components/billing/checkout-form.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { hasLiveSubscription } from "~/lib/billing-words.ts";
import { formText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { readPaidPlan, readSeats } from "~/lib/plan-order.ts";

export const meta = () => pageTitle("Choose a plan");

/** `?plan=` and `?seats=` are what the form starts with. Who has a plan changes it instead of buying another. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const billing = await orErrorPage(args.context.api.billing.get());
  const search = new URL(args.request.url).searchParams;
  const plan = readPaidPlan(search.get("plan")) ?? "pro";
  const seats = readSeats(search.get("seats"));
  if (hasLiveSubscription(billing)) throw redirect(paths.billingChange(plan, seats));
  return { billing, plan, seats: seats ?? 1, intent: crypto.randomUUID(), today: new Date().toISOString() };
}

/** Makes the order at Stripe and leads to its page. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const values = {
    plan: readPaidPlan(formText(form, "plan")) ?? "pro",
    seats: readSeats(formText(form, "seats")),
    coupon: formText(form, "coupon"),
  };
  const { value, problem } = await attempt(
    args.context.api.billing.startCheckout({
      ...values,
      coupon: values.coupon || undefined,
      intent: formText(form, "intent") || undefined,
    }),
  );
  if (problem) return { values: { ...values, seats: values.seats ?? 1 }, problem };
  throw redirect(value.url);
}

export default function Checkout() {
  const { billing, plan, seats, intent, today } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  return (
    <Page title="Choose a plan" parent={{ to: paths.billing, title: "Billing" }}>
      {billing.mode === "off" ? (
        <BillingOff />
      ) : billing.canManage ? (
        <CheckoutForm
          billing={billing}
          values={answer?.values ?? { plan, seats, coupon: "" }}
          intent={intent}
          today={today}
          problem={answer?.problem}
        />
      ) : (
        <Notice>Owners and admins of your account choose the plan.</Notice>
      )}
    </Page>
  );
}
