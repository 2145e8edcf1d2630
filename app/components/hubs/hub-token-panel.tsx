import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";
import { useSecretReply } from "~/lib/use-secret-reply.ts";
import { HubCommandDialog } from "./hub-command-dialog.tsx";

interface HubTokenPanelProps {
  hub: Pick<Hub, "hubId" | "mode" | "serviceUrl" | "tokenHint">;
  accountId: string;
  portalUrl: string;
  canManage: boolean;
}

interface TokenReply {
  hubToken: string | null;
  problem: { message: string } | null;
}

/** The token by which the hub speaks to this service, and how to get a new one. */
export function HubTokenPanel({ hub, accountId, portalUrl, canManage }: HubTokenPanelProps) {
  const [asking, setAsking] = useState(false);
  const fetcher = useFetcher<TokenReply>();
  const made = useSecretReply(fetcher, (reply) => reply.hubToken);
  useReply(fetcher, ({ problem }) => setAsking(problem !== null));
  return (
    <Panel
      id="token"
      title="Hub token"
      lead="By it the hub proves who it is when it reports and fetches its keys. It speaks for this hub only."
    >
      <div className="flex flex-wrap items-center justify-between gap-4">
        <p>{hub.tokenHint ? <code>{hub.tokenHint}</code> : "None now."}</p>
        {canManage ? (
          <Button look="quiet" onClick={() => setAsking(true)}>
            {hub.tokenHint ? "Make a new token" : "Make a token"}
          </Button>
        ) : null}
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Make a new hub token?"
        lead="It is shown once. The present one is refused from that moment: the hub needs the new one before it can report again. Its tunnel stays up meanwhile."
        confirm="Make a new token"
        action={paths.hubToken(hub.hubId)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
      <HubCommandDialog
        made={made.secret ? { ...hub, accountId, hubToken: made.secret } : null}
        title="Your new hub token"
        portalUrl={portalUrl}
        onClose={made.forget}
      />
    </Panel>
  );
}
