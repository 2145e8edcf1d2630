import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";

interface RemoveBudgetButtonProps {
  id: string;
  /** What it limits, and for whom. */
  name: string;
  hard: boolean;
}

/** Takes a budget away after asking. */
export function RemoveBudgetButton({ id, name, hard }: RemoveBudgetButtonProps) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast("Budget removed.");
  });
  return (
    <>
      <Button look="quiet" size="sm" aria-label={`Remove ${name}`} onClick={() => setOpen(true)}>
        Remove
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title="Remove this budget?"
        lead={
          hard
            ? `${name}: nothing is stopped at this limit any more, and no mails are sent about it. What is used stays counted.`
            : `${name}: no mails are sent about it any more. What is used stays counted.`
        }
        confirm="Remove"
        danger
        action={paths.budget(id)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </>
  );
}
