import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { Dialog, DialogActions } from "~/components/ui/dialog.tsx";
import { SecretOnce } from "~/components/ui/secret-once.tsx";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";
import { useSecretReply } from "~/lib/use-secret-reply.ts";

interface PasswordReply {
  password: string | null;
  problem: { message: string } | null;
}

/** Shows the password of a hub's backups after asking; it leaves the page with the dialog. */
export function BackupPasswordButton({ hubId }: { hubId: string }) {
  const [asking, setAsking] = useState(false);
  const fetcher = useFetcher<PasswordReply>();
  const shown = useSecretReply(fetcher, (reply) => reply.password);
  useReply(fetcher, ({ problem }) => setAsking(problem !== null));
  return (
    <>
      <Button look="quiet" onClick={() => setAsking(true)}>
        Show the password
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Show the backup password?"
        lead="You need it to restore on another machine, or without us. Who looked at it, and when, is written down."
        confirm="Show it"
        action={paths.hubBackupPassword(hubId)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
      <Dialog
        open={shown.secret !== null}
        onOpenChange={(open) => {
          if (!open) shown.forget();
        }}
        title="Backup password"
      >
        {shown.secret ? (
          <SecretOnce
            label="Backup password"
            secret={shown.secret}
            note="Keep it where you keep other passwords, not on the hub's machine. It stays the same when keys are rotated and when the hub is switched off."
          />
        ) : null}
        <DialogActions>
          <Button onClick={shown.forget}>Done</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
