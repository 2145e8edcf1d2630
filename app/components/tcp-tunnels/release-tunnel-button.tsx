import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { useReply } from "~/lib/use-reply.ts";

interface ReleaseTunnelButtonProps {
  name: string;
  port: number;
  action: string;
}

/** Gives a port back after asking. The row goes away with the list's next load. */
export function ReleaseTunnelButton({ name, port, action }: ReleaseTunnelButtonProps) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast(`Port ${port} is released.`);
  });
  return (
    <>
      <Button look="quiet" size="sm" aria-label={`Release ${name}`} onClick={() => setOpen(true)}>
        Release
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Release port ${port}?`}
        lead={`All connections of ${name} end now, and the port is closed. It stays yours for 30 days; a connector that still names ${name} opens it again when it starts.`}
        confirm="Release"
        danger
        action={action}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </>
  );
}
