import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { Facts } from "~/components/ui/facts.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { SecretDialog } from "~/components/ui/secret-dialog.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { License } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";
import { useSecretReply } from "~/lib/use-secret-reply.ts";

interface KeyReply {
  licenseKey: string | null;
  problem: { message: string } | null;
}

const planTitles: Record<License["plan"], string> = { free: "Free", pro: "Pro", team: "Team" };
const statusTitles: Record<License["status"], string> = {
  active: "Active",
  revoked: "Revoked",
  expired: "Expired",
};

/** What the subscription grants, and the key that proves it. */
export function LicensePanel({ license }: { license: License }) {
  const [asking, setAsking] = useState(false);
  const issue = useFetcher<KeyReply>();
  const made = useSecretReply(issue, (reply) => reply.licenseKey);
  useReply(issue, ({ problem }) => setAsking(problem !== null));
  const verb = license.keyHint ? "Make a new key" : "Make the key";
  return (
    <Panel
      id="license"
      title="License"
      actions={
        <Button look="quiet" onClick={() => setAsking(true)}>
          {verb}
        </Button>
      }
    >
      <Facts
        facts={[
          { term: "Plan", text: planTitles[license.plan] },
          { term: "Status", text: statusTitles[license.status] },
          {
            term: "Key",
            text: license.keyHint ? <code>{license.keyHint}</code> : "None made yet",
          },
          {
            term: "Made",
            text: license.keyIssuedAt ? <Time at={license.keyIssuedAt} /> : "–",
          },
        ]}
      />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={license.keyHint ? "Make a new license key?" : "Make your license key?"}
        lead={
          license.keyHint
            ? "The present key stops: devices need the new one at their next start. Connectors that are online stay online."
            : "It starts connectors on your devices. It is shown once."
        }
        confirm={verb}
        action={paths.licenseKey}
        fetcher={issue}
        problem={issue.data?.problem?.message}
      />
      <SecretDialog
        secret={made.secret}
        title="Your license key"
        label="License key"
        note="For hotspot connect --license-key, or HOTSPOT_LICENSE_KEY in the environment."
        onClose={made.forget}
      />
    </Panel>
  );
}
