import { Form } from "@remix-run/react";
import { PlanCard } from "~/components/plans/plan-card.tsx";
import { Badge } from "~/components/ui/badge.tsx";
import { Button, ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import type { Billing } from "~/lib/api-types.ts";
import { hasLiveSubscription } from "~/lib/billing-words.ts";
import { formatDay } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { SeatsField } from "./seats-field.tsx";

type PlanOnSale = Billing["plans"][number];

/** All plans side by side, each with the way to it from the present one. */
export function PlanChoice({ billing }: { billing: Billing }) {
  return (
    <section aria-labelledby="plans" className="mt-3">
      <h2 id="plans" className="text-[1.267rem]">
        Plans
      </h2>
      <div className="mt-3 grid gap-4">
        <ChoiceNote billing={billing} />
        <div className="grid gap-4 md:grid-cols-3 md:grid-rows-[auto_auto_1fr_auto]">
          {billing.plans.map((plan) => (
            <PlanCard
              key={plan.name}
              plan={plan}
              marked={plan.name === billing.plan}
              badge={<PlanBadge plan={plan} billing={billing} />}
            >
              {billing.canManage && billing.mode !== "off" ? (
                <PlanStep plan={plan} billing={billing} />
              ) : null}
            </PlanCard>
          ))}
        </div>
      </div>
    </section>
  );
}

function ChoiceNote({ billing }: { billing: Billing }) {
  if (billing.mode === "off") return null;
  if (!billing.canManage) {
    return <Notice>Owners and admins of your account choose the plan. You see here what it is.</Notice>;
  }
  if (billing.catalog === "preparing") {
    return (
      <Notice title="The plans are being set up at Stripe">
        They can be bought in a moment. Load this page again.
      </Notice>
    );
  }
  if (billing.catalog === "failed") {
    return (
      <Notice tone="warn" title="Stripe does not answer just now">
        Plans cannot be bought or changed until it does; we keep trying. What you have goes on, and everything
        else on this page is as we know it.
      </Notice>
    );
  }
  return null;
}

function PlanBadge({ plan, billing }: { plan: PlanOnSale; billing: Billing }) {
  if (plan.name === billing.plan) return <Badge tone="ok">Your plan</Badge>;
  const { subscription } = billing;
  if (hasLiveSubscription(billing) && subscription?.scheduledPlan === plan.name) {
    return <Badge tone="quiet">From {formatDay(subscription.periodEnd)}</Badge>;
  }
  if (hasLiveSubscription(billing) && subscription?.cancelAt && plan.name === "free") {
    return <Badge tone="quiet">From {formatDay(subscription.cancelAt)}</Badge>;
  }
  return null;
}

/** The way from the present plan to this one; none when this is it. */
function PlanStep({ plan, billing }: { plan: PlanOnSale; billing: Billing }) {
  const { subscription } = billing;
  const live = hasLiveSubscription(billing);
  const present = plan.name === billing.plan;
  if (plan.name === "free") {
    return live && !subscription?.cancelAt ? (
      <ButtonLink to={paths.billingCancel} look="quiet">
        Go back to Free
      </ButtonLink>
    ) : null;
  }
  if (present && !(live && plan.maxSeats > 1)) return null;
  const ready = billing.catalog === "ready";
  return (
    <Form method="get" action={live ? paths.billingChange() : paths.billingCheckout()} className="grid gap-3">
      <input type="hidden" name="plan" value={plan.name} />
      {plan.maxSeats > 1 ? (
        <SeatsField
          initial={Math.max(billing.seatsUsed, present && subscription ? subscription.seats : 1)}
          min={billing.seatsUsed}
          max={plan.maxSeats}
          compact
        />
      ) : null}
      <Button type="submit" look={present ? "quiet" : "primary"} disabled={!ready}>
        {stepLabel(plan, billing, { live, present })}
      </Button>
    </Form>
  );
}

function stepLabel(plan: PlanOnSale, billing: Billing, now: { live: boolean; present: boolean }): string {
  if (now.present) return "Change seats";
  if (now.live) return `Change to ${plan.title}`;
  return billing.trialAvailable && plan.trialDays > 0
    ? `Try ${plan.title} for ${plan.trialDays} days`
    : `Choose ${plan.title}`;
}
