import { Form } from "@remix-run/react";
import { type ReactNode, useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Billing } from "~/lib/api-types.ts";
import { planNamed } from "~/lib/billing-words.ts";
import { formatDay, formatMoney } from "~/lib/format.ts";
import { meterQuantity, meterRate, metersOf, planLeads, planPrice } from "~/lib/plan-words.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useBusy } from "~/lib/use-busy.ts";
import { SeatsField } from "./seats-field.tsx";

interface CheckoutFormProps {
  billing: Billing;
  /** What was asked for before, by the address or by the last try. */
  values: { plan: string; seats: number; coupon: string };
  /** Same for every press of the button on this page, so that two presses are one order. */
  intent: string;
  /** Now, by the server's clock. */
  today: string;
  problem?: Problem | null;
}

/** Plan, seats and promotion code, and what they come to, before Stripe's page asks for the card. */
export function CheckoutForm({ billing, values, intent, today, problem }: CheckoutFormProps) {
  const [planName, setPlanName] = useState(values.plan);
  const [seats, setSeats] = useState(Math.max(values.seats, billing.seatsUsed));
  const busy = useBusy();
  const onSale = billing.plans.filter((plan) => plan.seatCents > 0);
  const plan = planNamed(billing, planName) ?? onSale[0]!;
  const elsewhere = problemElsewhere(problem, ["seats", "coupon"]);
  return (
    <Form method="post" className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <input type="hidden" name="intent" value={intent} />
      <Panel id="order" title="What you buy">
        <div className="grid gap-6">
          {elsewhere ? (
            <Notice tone="bad" announce>
              {elsewhere}
            </Notice>
          ) : null}
          <fieldset className="grid gap-3 sm:grid-cols-2">
            <legend className="mb-1.5 font-medium">Plan</legend>
            {onSale.map((option) => (
              <PlanOption
                key={option.name}
                plan={option}
                chosen={option.name === plan.name}
                onChoose={() => setPlanName(option.name)}
              />
            ))}
          </fieldset>
          {plan.maxSeats > 1 ? (
            <SeatsField
              initial={seats}
              min={billing.seatsUsed}
              max={plan.maxSeats}
              onChange={setSeats}
              error={problemAt(problem, "seats")}
            />
          ) : null}
          <div className="max-w-80">
            <TextField
              label="Promotion code"
              name="coupon"
              defaultValue={values.coupon}
              maxLength={100}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              className="font-mono"
              hint="Leave it empty if you have none."
              error={problemAt(problem, "coupon")}
            />
          </div>
        </div>
      </Panel>
      <OrderSummary billing={billing} plan={plan} seats={plan.maxSeats > 1 ? seats : 1} today={today}>
        <Button type="submit" busy={busy} className="w-full">
          Continue to payment
        </Button>
      </OrderSummary>
    </Form>
  );
}

type PlanOnSale = Billing["plans"][number];

function PlanOption({ plan, chosen, onChoose }: { plan: PlanOnSale; chosen: boolean; onChoose: () => void }) {
  const { amount, per } = planPrice(plan);
  return (
    <label className="grid cursor-pointer grid-cols-[auto_1fr] gap-x-3 rounded-md border border-edge p-3.5 has-[:checked]:border-ink has-[:checked]:bg-sunken has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-hot">
      <input
        type="radio"
        name="plan"
        value={plan.name}
        checked={chosen}
        onChange={onChoose}
        className="mt-1 size-4 accent-current"
      />
      <span>
        <span className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="font-medium">{plan.title}</span>
          <span className="tabular-nums">
            {amount} <span className="text-[0.933rem] text-mute">{per}</span>
          </span>
        </span>
        <span className="block text-[0.933rem] text-mute">{planLeads[plan.name]}</span>
      </span>
    </label>
  );
}

interface OrderSummaryProps {
  billing: Billing;
  plan: PlanOnSale;
  seats: number;
  today: string;
  children: ReactNode;
}

/** What is charged and when, in the words of an invoice. */
function OrderSummary({ billing, plan, seats, today, children }: OrderSummaryProps) {
  const monthly = plan.seatCents * seats;
  const trialDays = billing.trialAvailable ? plan.trialDays : 0;
  const firstCharge = new Date(new Date(today).getTime() + trialDays * 86_400_000);
  return (
    <Panel id="summary" title="What it costs">
      <dl className="grid gap-2 tabular-nums">
        <div className="flex justify-between gap-6 font-semibold">
          <dt>Today</dt>
          <dd>{formatMoney(trialDays > 0 ? 0 : monthly)}</dd>
        </div>
        <div className="flex justify-between gap-6">
          <dt className="text-mute">
            {trialDays > 0 ? `A month, from ${formatDay(firstCharge)}` : "Each further month"}
          </dt>
          <dd className="text-right">
            {formatMoney(monthly)}
            {seats > 1 ? (
              <span className="block text-[0.933rem] text-mute">
                {seats} × {formatMoney(plan.seatCents)}
              </span>
            ) : null}
          </dd>
        </div>
      </dl>
      <p className="mt-4 border-t border-line pt-4 text-[0.933rem] text-mute">
        {trialDays > 0
          ? `${trialDays} days without charge; cancelled before their end it costs nothing. `
          : ""}
        A discount and taxes are worked out on the next page.
      </p>
      <ul className="mt-3 grid gap-1 text-[0.933rem] text-mute">
        {metersOf(plan).map((meter) => {
          const { included, perMillionCents } = plan.metered[meter];
          return (
            <li key={meter}>
              {meterQuantity(meter, included)} included
              {perMillionCents === null ? "" : `, then ${meterRate(meter, perMillionCents)}`}
            </li>
          );
        })}
      </ul>
      <div className="mt-5 grid gap-2.5">
        {children}
        <p className="text-center text-[0.867rem] text-mute">The card is entered on Stripe's page.</p>
      </div>
    </Panel>
  );
}
