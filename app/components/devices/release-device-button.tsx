import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import type { Device } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";

/** Gives the device's place back. */
export function ReleaseDeviceButton({ device }: { device: Device }) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  const name = device.name ?? device.deviceId;
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast(`${name} is released.`);
  });
  return (
    <>
      <Button look="quiet" size="sm" aria-label={`Release ${name}`} onClick={() => setOpen(true)}>
        Release
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Release ${name}?`}
        lead="Its connectors are cut off and its place becomes free. Started again with the license key, it takes a place again."
        confirm="Release"
        danger
        action={paths.licenseDevice(device.id)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      />
    </>
  );
}
