import { useFetcher } from "@remix-run/react";
import { NewKeyForm } from "~/components/licenses/new-key-form.tsx";
import { TryIt } from "~/components/try-it/try-it.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import type { EndpointDetail } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { useLiveEndpoint } from "~/lib/use-live-endpoint.ts";
import { useTry } from "~/lib/use-try.ts";
import { ConnectStep } from "./connect-step.tsx";
import { Step } from "./step.tsx";

interface LaterStepsProps {
  endpoint: EndpointDetail | null;
  keyHint: string | null;
  portalUrl: string;
  secrets: { licenseKey: string | null; endpointToken: string | null };
}

/** Steps two and three: they need an endpoint, and then they follow it live. */
export function LaterSteps({ endpoint, ...rest }: LaterStepsProps) {
  if (endpoint) return <LiveSteps endpoint={endpoint} {...rest} />;
  return (
    <>
      <Step number={2} title="Start the connector" state="later" />
      <Step number={3} title="Try it" state="later" />
    </>
  );
}

function LiveSteps({
  endpoint,
  keyHint,
  portalUrl,
  secrets,
}: LaterStepsProps & { endpoint: EndpointDetail }) {
  const live = useLiveEndpoint(endpoint.slug, endpoint);
  const newKey = useFetcher<{ licenseKey: string | null }>();
  const attempt = useTry(endpoint.slug);
  const { online, connectors } = live.endpoint;
  // An answer stays readable when the connector goes away after it.
  const tryable = online || attempt.state.phase !== "idle";
  return (
    <>
      <Step number={2} title="Start the connector" state={online ? "done" : "current"}>
        <ConnectStep
          slug={endpoint.slug}
          portalUrl={portalUrl}
          secrets={{ ...secrets, licenseKey: newKey.data?.licenseKey ?? secrets.licenseKey }}
          live={{ online, connectors, state: live.state }}
          newKeyForm={<NewKeyForm fetcher={newKey} keyHint={keyHint} />}
        />
      </Step>
      <Step number={3} title="Try it" state={tryable ? "current" : "later"}>
        {tryable ? (
          <>
            <TryIt publicBaseUrl={endpoint.publicBaseUrl} slug={endpoint.slug} attempt={attempt} />
            <ButtonLink to={paths.endpoint(endpoint.slug)} look="quiet" className="justify-self-start">
              Open the endpoint
            </ButtonLink>
          </>
        ) : null}
      </Step>
    </>
  );
}
