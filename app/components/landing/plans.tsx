import { PlanCard } from "~/components/plans/plan-card.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";
import type { PlanFacts } from "~/lib/plan-facts.ts";

/** What it costs, before anybody has to sign up to learn it. */
export function Plans({ plans, signedIn }: { plans: readonly PlanFacts[]; signedIn: boolean }) {
  return (
    <section aria-labelledby="plans" className="mx-auto max-w-6xl px-4 pt-4 pb-16 sm:px-6">
      <h2 id="plans" className="text-[1.6rem]">
        What it costs
      </h2>
      <p className="mt-2 max-w-[65ch] text-mute">
        Start free, without a card. Whatever passes is counted exactly; above the included you pay for what
        you use, and each line of an invoice opens down to the requests behind it.
      </p>
      <div className="mt-7 grid gap-4 md:grid-cols-3 md:grid-rows-[auto_auto_1fr_auto]">
        {plans.map((plan) => (
          <PlanCard key={plan.name} plan={plan}>
            <ButtonLink
              to={signedIn ? paths.billing : paths.signUp}
              look={plan.name === "free" ? "quiet" : "primary"}
              aria-label={signedIn ? `Open billing for ${plan.title}` : undefined}
            >
              {signedIn ? "Open billing" : callOf(plan)}
            </ButtonLink>
          </PlanCard>
        ))}
      </div>
      <p className="mt-4 text-[0.933rem] text-mute">
        Prices in US dollars, without tax. A billing month runs from the day you subscribe. Data is what
        passes in both directions, tokens are input and output together.
      </p>
    </section>
  );
}

function callOf({ title, trialDays }: PlanFacts): string {
  return trialDays > 0 ? `Try ${title} for ${trialDays} days` : "Sign up free";
}
