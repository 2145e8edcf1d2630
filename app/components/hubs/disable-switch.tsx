import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { SwitchButton } from "~/components/ui/switch-button.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";
import { BackupFate } from "./backup-fate.tsx";

interface DisableSwitchProps {
  hub: Hub;
  /** Days that backups are kept unless another number is typed. */
  retentionDays: number;
}

/** The switch of a hub that is on: asks what becomes of its backups before it goes off. */
export function DisableSwitch({ hub, retentionDays }: DisableSwitchProps) {
  const [open, setOpen] = useState(false);
  const [ready, setReady] = useState(true);
  const fetcher = useFetcher<{ problem: Problem | null }>();
  useReply(fetcher, ({ problem }) => setOpen(problem !== null));
  const problem = fetcher.data?.problem ?? null;
  return (
    <>
      <SwitchButton on={true} label="Managed Cloudflare" onPress={() => setOpen(true)} />
      <ConfirmDialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          setReady(true);
        }}
        title={`Switch Managed Cloudflare off for ${hub.name}?`}
        lead={
          hub.hostname
            ? `${hub.hostname} stops answering at once. Its tunnel is removed and its key revoked.`
            : "Its tunnel is removed and its key revoked."
        }
        confirm="Switch off"
        danger
        action={paths.hubDisable(hub.hubId)}
        fetcher={fetcher}
        problem={problemElsewhere(problem, ["retentionDays", "confirmBucket"])}
        blocked={!ready}
      >
        {hub.bucket ? (
          <BackupFate
            bucket={hub.bucket}
            retentionDays={retentionDays}
            problem={problem}
            onReady={setReady}
          />
        ) : null}
      </ConfirmDialog>
    </>
  );
}
