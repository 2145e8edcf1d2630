import { Panel } from "~/components/ui/panel.tsx";
import type { Billing, Subscription } from "~/lib/api-types.ts";
import { planNamed } from "~/lib/billing-words.ts";
import { formatDay, plural } from "~/lib/format.ts";
import { meterQuantity, metersOf } from "~/lib/plan-words.ts";

interface CancelConsequencesProps {
  billing: Billing;
  subscription: Subscription;
  /** What the account has now, against the limits of Free. */
  have: { endpoints: number; devices: number };
}

/** What ends when, and what stays. */
export function CancelConsequences({ billing, subscription, have }: CancelConsequencesProps) {
  const free = planNamed(billing, "free")!;
  const present = planNamed(billing, subscription.plan ?? billing.plan) ?? free;
  const end = formatDay(
    subscription.trialEnd && subscription.status === "trialing"
      ? subscription.trialEnd
      : subscription.periodEnd,
  );
  return (
    <div className="grid items-start gap-5 sm:grid-cols-2">
      <Panel id="ends" title={`Ends on ${end}`}>
        <ul className="grid list-disc gap-2 pl-5 marker:text-faint">
          <li>Renewals. The last invoice has what was used until then above the included.</li>
          <li>
            The quantities of {present.title}: from then on{" "}
            {metersOf(free)
              .map((meter) => meterQuantity(meter, free.metered[meter].included))
              .join(", ")}{" "}
            a month.
          </li>
          {present.limits.requestLogDays > free.limits.requestLogDays ? (
            <li>Rows of the request log that are older than {plural(free.limits.requestLogDays, "day")}.</li>
          ) : null}
          {have.endpoints > free.limits.endpoints ? (
            <li>
              Room for {plural(have.endpoints, "endpoint")}: Free has {free.limits.endpoints}. The ones you
              have go on; a new one cannot be added.
            </li>
          ) : null}
          {have.devices > free.limits.devices ? (
            <li>
              Places for {plural(have.devices, "device")}: Free has {free.limits.devices}. A further device is
              refused.
            </li>
          ) : null}
        </ul>
      </Panel>
      <Panel id="stays" title="Stays">
        <ul className="grid list-disc gap-2 pl-5 marker:text-faint">
          <li>Everything as it is until {end}.</li>
          <li>Your account, with Free, without a card.</li>
          <li>Your addresses and their names, access keys and connectors.</li>
          <li>Invoices and usage, here, to look at.</li>
        </ul>
      </Panel>
    </div>
  );
}
