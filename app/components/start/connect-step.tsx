import type { ReactNode } from "react";
import { ConnectCommands } from "~/components/connectors/connect-command.tsx";
import { ConnectorWait } from "~/components/connectors/connector-wait.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { SecretOnce } from "~/components/ui/secret-once.tsx";
import type { Connector } from "~/lib/api-types.ts";
import type { LiveState } from "~/lib/use-live-endpoint.ts";

interface ConnectStepProps {
  slug: string;
  portalUrl: string;
  /** Shown once, right after they were made. */
  secrets: { licenseKey: string | null; endpointToken: string | null };
  live: { online: boolean; connectors: readonly Connector[]; state: LiveState };
  /** Makes a license key when there is none to show; tells that the old one stops. */
  newKeyForm: ReactNode;
}

export function ConnectStep({ slug, portalUrl, secrets, live, newKeyForm }: ConnectStepProps) {
  const { licenseKey, endpointToken } = secrets;
  return (
    <>
      <p className="max-w-[65ch] text-mute">
        Run this on the machine where your program listens. It needs Node or Bun and an outgoing connection,
        nothing else.
      </p>
      <ConnectCommands slug={slug} licenseKey={licenseKey} portalUrl={portalUrl} />
      {licenseKey ? null : newKeyForm}
      <ConnectorWait {...live} />
      {licenseKey || endpointToken ? (
        <div className="grid gap-4 rounded-lg border border-line bg-surface p-4 sm:p-5">
          <Notice tone="warn" title="Save these now">
            They are shown this one time. We keep only a fingerprint and cannot show them again.
          </Notice>
          {licenseKey ? (
            <SecretOnce
              label="License key"
              secret={licenseKey}
              note="Starts connectors on your devices. Lost? Make a new one on the license page; the old one stops."
            />
          ) : null}
          {endpointToken ? (
            <SecretOnce
              label="Endpoint token"
              secret={endpointToken}
              note="Manages this endpoint from programs, and opens it when access keys are required. Lost? Rotate it in the settings."
            />
          ) : null}
        </div>
      ) : null}
    </>
  );
}
