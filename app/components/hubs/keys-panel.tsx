import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Badge } from "~/components/ui/badge.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { Hub, HubKey } from "~/lib/api-types.ts";
import { keyBadge } from "~/lib/hub-words.ts";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";
import { NothingYet } from "./nothing-yet.tsx";

interface KeysPanelProps {
  hub: Pick<Hub, "hubId" | "keys" | "state">;
  canManage: boolean;
}

/** The hub's keys for the bucket. After a rotation there are two until the hub says that it uses the new one. */
export function KeysPanel({ hub, canManage }: KeysPanelProps) {
  const isWaiting = hub.keys.some(({ state, confirmedAt }) => state === "current" && confirmedAt === null);
  const retiring = hub.keys.find(({ state }) => state === "retiring");
  return (
    <Panel
      id="keys"
      title="Keys for the bucket"
      lead="The hub holds the secret half; nobody sees it here."
      actions={canManage && hub.state === "on" ? <RotateButton hubId={hub.hubId} /> : null}
      flush
    >
      {retiring && isWaiting ? (
        <div className="px-4 pb-4 sm:px-5">
          <Notice title="The new key waits for the hub">
            The hub fetches it at its next report and says when it uses it; then the old one stops.
            {retiring.revokeAfter ? (
              <>
                {" "}
                If it stays silent, the old one stops <Time at={retiring.revokeAfter} />.
              </>
            ) : null}
          </Notice>
        </div>
      ) : null}
      {hub.keys.length > 0 ? (
        <DataTable<HubKey>
          caption="Keys"
          rows={hub.keys}
          rowKey={({ accessKeyId }) => accessKeyId}
          columns={[
            {
              title: "Access key id",
              cell: ({ accessKeyId }) => <code className="break-all">{accessKeyId}</code>,
            },
            { title: "State", cell: (key) => <KeyState hubKey={key} /> },
            { title: "Made", wideOnly: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
          ]}
        />
      ) : (
        <NothingYet title="No key now">It gets one when it is switched on.</NothingYet>
      )}
    </Panel>
  );
}

function KeyState({ hubKey }: { hubKey: HubKey }) {
  const { tone, words } = keyBadge(hubKey);
  return (
    <>
      <Badge tone={tone}>{words}</Badge>
      {hubKey.confirmedAt && hubKey.state === "current" ? (
        <span className="mt-1 block text-[0.867rem] text-mute">
          <Time at={hubKey.confirmedAt} />
        </span>
      ) : null}
    </>
  );
}

function RotateButton({ hubId }: { hubId: string }) {
  const [asking, setAsking] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    setAsking(problem !== null);
    if (!problem) toast("A new key is being made.");
  });
  return (
    <>
      <Button look="quiet" onClick={() => setAsking(true)}>
        Rotate keys
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Rotate the keys?"
        lead="A new key is made. The old one works until the hub says that it uses the new one, so no backup is lost on the way."
        confirm="Rotate keys"
        action={paths.hubKeys(hubId)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </>
  );
}
