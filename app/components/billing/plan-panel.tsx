import { Badge } from "~/components/ui/badge.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { Facts } from "~/components/ui/facts.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Billing, Subscription } from "~/lib/api-types.ts";
import {
  cardExpiry,
  discountWords,
  hasLiveSubscription,
  monthlyCents,
  paymentMethodWords,
  planNamed,
  planStanding,
} from "~/lib/billing-words.ts";
import { formatMoney, formatPeriod, plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { PostButton } from "./post-button.tsx";

/** The present plan: what it is, what happens next by itself, and how to stop that. */
export function PlanPanel({ billing }: { billing: Billing }) {
  const { badge, sentence } = planStanding(billing);
  const { subscription, plan, canManage } = billing;
  const live = hasLiveSubscription(billing);
  return (
    <Panel
      id="plan"
      title={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
          <span className="text-[1.6rem] tracking-[-0.025em]">{planNamed(billing, plan)?.title ?? plan}</span>
          <Badge tone={badge.tone}>{badge.text}</Badge>
        </span>
      }
      lead={sentence}
      actions={live && canManage ? <PlanAction subscription={subscription!} billing={billing} /> : null}
    >
      <Facts
        facts={[
          ...(live ? subscriptionFacts(billing, subscription!) : []),
          ...(live || !planNamed(billing, plan) ? [] : [{ term: "Price", text: formatMoney(0) }]),
        ]}
      />
    </Panel>
  );
}

function PlanAction({ subscription, billing }: { subscription: Subscription; billing: Billing }) {
  const { cancelAt, scheduledPlan, scheduledSeats } = subscription;
  const title = subscription.plan ? (planNamed(billing, subscription.plan)?.title ?? "the plan") : "the plan";
  if (cancelAt) return <PostButton action={paths.billingResume}>Keep {title}</PostButton>;
  if (scheduledPlan || scheduledSeats !== null) {
    return (
      <PostButton action={paths.billingResume} look="quiet">
        Keep it as it is
      </PostButton>
    );
  }
  return (
    <ButtonLink to={paths.billingCancel} look="quiet">
      Cancel {title}
    </ButtonLink>
  );
}

function subscriptionFacts(billing: Billing, subscription: Subscription) {
  const { paymentMethod, discount, seats, periodStart, periodEnd } = subscription;
  const plan = subscription.plan ? planNamed(billing, subscription.plan) : null;
  const price = formatMoney(monthlyCents(billing, subscription));
  const expiry = paymentMethod && cardExpiry(paymentMethod);
  return [
    {
      term: "Price a month",
      text: (
        <span className="tabular-nums">
          {price}
          {plan && plan.maxSeats > 1 && seats > 1 ? (
            <span className="text-mute">
              {" "}
              = {seats} × {formatMoney(plan.seatCents)}
            </span>
          ) : null}
        </span>
      ),
    },
    ...(plan && plan.maxSeats > 1
      ? [{ term: "Seats", text: `${plural(seats, "seat")}, ${billing.seatsUsed} in use` }]
      : []),
    { term: "Billing period", text: formatPeriod(periodStart, periodEnd) },
    {
      term: "Paid with",
      text: paymentMethod ? (
        <>
          {paymentMethodWords(paymentMethod)}
          {expiry ? <span className="text-mute"> · {expiry}</span> : null}
        </>
      ) : (
        "No payment method yet"
      ),
    },
    ...(discount ? [{ term: "Discount", text: discountWords(discount) }] : []),
  ];
}
