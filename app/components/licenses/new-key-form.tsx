import type { FetcherWithComponents } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";

interface NewKeyFormProps {
  // biome-ignore lint/suspicious/noExplicitAny: the form sends, whoever made the fetcher reads its answer
  fetcher: FetcherWithComponents<any>;
  /** Last characters of the key in use; null when there is none yet. */
  keyHint: string | null;
}

/** Makes a license key. Says what that does to the one in use. */
export function NewKeyForm({ fetcher, keyHint }: NewKeyFormProps) {
  return (
    <fetcher.Form method="post" action={paths.licenseKey} className="flex flex-wrap items-center gap-3">
      <Button type="submit" look="quiet" busy={fetcher.state !== "idle"}>
        {keyHint ? "Make a new license key" : "Make a license key"}
      </Button>
      <p className="min-w-0 flex-1 basis-64 text-mute">
        {keyHint ? (
          <>
            Your key ends in <code className="text-ink">{keyHint}</code> and is not shown again. A new one
            takes its place: devices that use the old one need the new one at their next start.
          </>
        ) : (
          "It goes into the command. It is shown once."
        )}
      </p>
    </fetcher.Form>
  );
}
