import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { formatDay } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";

/** The end of a hub that is off. */
export function RemoveHubPanel({ hub }: { hub: Pick<Hub, "hubId" | "name" | "mode" | "bucket"> }) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const { bucket } = hub;
  const kept =
    bucket?.state === "retained" && bucket.deleteAfter
      ? ` Its backups are deleted on ${formatDay(bucket.deleteAfter)}, and no other hub can find them.`
      : "";
  return (
    <Panel
      id="remove"
      title="Remove this hub"
      lead={
        hub.mode === "self_hosted"
          ? "It is no longer listed here, and its token is refused. What stands in your own Cloudflare account stays as it is."
          : `It is no longer listed here, and its token is refused.${kept}`
      }
    >
      <Button look="danger" onClick={() => setOpen(true)}>
        Remove hub
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Remove ${hub.name}?`}
        lead={`The hub can be added again under the same id.${kept}`}
        confirm="Remove hub"
        danger
        action={paths.hubRemove(hub.hubId)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </Panel>
  );
}
