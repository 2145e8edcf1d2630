import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { useReply } from "~/lib/use-reply.ts";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface RevokeButtonProps {
  name: string;
  /** `access key`, `API key`. */
  kind: string;
  action: string;
}

/** Revokes a key after asking. The row goes away with the list's next load. */
export function RevokeButton({ name, kind, action }: RevokeButtonProps) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast(`${name} is revoked.`);
  });
  return (
    <>
      <Button look="quiet" size="sm" aria-label={`Revoke ${name}`} onClick={() => setOpen(true)}>
        Revoke
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Revoke ${name}?`}
        lead={`Whoever uses this ${kind} is refused from now on. It cannot be brought back.`}
        confirm="Revoke"
        danger
        action={action}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </>
  );
}
