import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";
import { BucketNameField } from "./bucket-name-field.tsx";

interface DeleteBackupsButtonProps {
  hub: Pick<Hub, "hubId" | "name">;
  bucket: NonNullable<Hub["bucket"]>;
}

/** Deletes what is kept of a hub that is off, before its time. */
export function DeleteBackupsButton({ hub, bucket }: DeleteBackupsButtonProps) {
  const [open, setOpen] = useState(false);
  const [ready, setReady] = useState(false);
  const fetcher = useFetcher<{ problem: Problem | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast("The backups are being deleted.");
  });
  const problem = fetcher.data?.problem ?? null;
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>
        Delete the backups now
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          setReady(false);
        }}
        title={`Delete the backups of ${hub.name}?`}
        lead="Nobody can bring them back, also not with the backup password."
        confirm="Delete the backups"
        danger
        action={paths.hubDisable(hub.hubId)}
        fetcher={fetcher}
        problem={problemElsewhere(problem, ["confirmBucket"])}
        blocked={!ready}
      >
        <input type="hidden" name="fate" value="delete" />
        <BucketNameField name={bucket.name} problem={problem} onReady={setReady} />
      </ConfirmDialog>
    </>
  );
}
