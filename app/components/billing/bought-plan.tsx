import { useFetcher } from "@remix-run/react";
import { ConnectCommands } from "~/components/connectors/connect-command.tsx";
import { NewKeyForm } from "~/components/licenses/new-key-form.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Step } from "~/components/start/step.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { SecretOnce } from "~/components/ui/secret-once.tsx";
import type { Subscription } from "~/lib/api-types.ts";
import { formatDay, plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";

interface BoughtPlanProps {
  subscription: Subscription | null;
  planTitle: string;
  devices: number;
  /** Last characters of the license key in use. */
  keyHint: string | null;
  /** An endpoint to connect; null when there is none yet. */
  slug: string | null;
  portalUrl: string;
}

/** The plan is there: says so, and what to do with it. */
export function BoughtPlan({ subscription, planTitle, devices, keyHint, slug, portalUrl }: BoughtPlanProps) {
  const newKey = useFetcher<{ licenseKey: string | null }>();
  const licenseKey = newKey.data?.licenseKey ?? null;
  const hasKey = licenseKey !== null || keyHint !== null;
  return (
    <Page
      title={`You are on ${planTitle}`}
      lead={`${whenCharged(subscription)} Your license now takes ${plural(devices, "device")}.`}
    >
      <ol className="mt-2">
        <Step number={1} title="Your license key" state={hasKey ? "done" : "current"}>
          {licenseKey ? (
            <SecretOnce
              label="License key"
              secret={licenseKey}
              note="Copy it now: it is not shown again. It is in the command below too."
            />
          ) : null}
          <NewKeyForm fetcher={newKey} keyHint={licenseKey ? null : keyHint} />
        </Step>
        <Step number={2} title="Your address" state={slug ? "done" : hasKey ? "current" : "later"}>
          {slug ? null : (
            <ButtonLink to={paths.start} look="hot" className="justify-self-start">
              Choose your address
            </ButtonLink>
          )}
        </Step>
        <Step number={3} title="Start the connector" state={slug ? "current" : "later"}>
          {slug ? <ConnectCommands slug={slug} licenseKey={licenseKey} portalUrl={portalUrl} /> : null}
        </Step>
      </ol>
      <div className="flex flex-wrap gap-2">
        <ButtonLink to={paths.endpoints} look="quiet">
          Your endpoints
        </ButtonLink>
        <ButtonLink to={paths.billing} look="quiet">
          Billing
        </ButtonLink>
      </div>
    </Page>
  );
}

function whenCharged(subscription: Subscription | null): string {
  if (!subscription) return "It is active now.";
  const { trialEnd, periodEnd, status } = subscription;
  return status === "trialing" && trialEnd
    ? `The trial runs until ${formatDay(trialEnd)}; nothing was charged.`
    : `Paid until ${formatDay(periodEnd)}.`;
}
