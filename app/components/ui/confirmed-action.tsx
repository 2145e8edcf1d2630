import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { useReply } from "~/lib/use-reply.ts";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface ConfirmedActionProps {
  /** One word on both buttons: `Revoke`. */
  verb: string;
  /** What it is done to, for those who do not see the row. */
  name: string;
  title: string;
  /** What will be different afterwards. */
  lead: string;
  /** Said when it is done. */
  done: string;
  /** Where the form is sent. */
  action: string;
}

/** A button in a row for what cannot be taken back: asks first. The row goes away with the list's next load. */
export function ConfirmedAction({ verb, name, title, lead, done, action }: ConfirmedActionProps) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast(done);
  });
  return (
    <>
      <Button look="quiet" size="sm" aria-label={`${verb} ${name}`} onClick={() => setOpen(true)}>
        {verb}
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={title}
        lead={lead}
        confirm={verb}
        danger
        action={action}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </>
  );
}
