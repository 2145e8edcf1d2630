import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { paths } from "~/lib/paths.ts";

interface ReleasePanelProps {
  slug: string;
  publicBaseUrl: string;
}

/** The end of an endpoint. The name has to be typed, because callers elsewhere will notice. */
export function ReleasePanel({ slug, publicBaseUrl }: ReleasePanelProps) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  return (
    <Panel
      id="release"
      title="Release this endpoint"
      lead={
        <>
          <span className="break-all">{publicBaseUrl}</span> stops answering at once. The name is kept back
          for 30 days, in which only you can claim it again; after that anybody can. Its keys and its token
          never work for a new owner.
        </>
      }
    >
      <Button look="danger" onClick={() => setOpen(true)}>
        Release endpoint
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          setTyped("");
        }}
        title={`Release ${slug}?`}
        lead="Connectors are cut off, requests are answered with 404. This cannot be undone."
        confirm="Release endpoint"
        danger
        action={paths.endpointRelease(slug)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
        blocked={typed.trim() !== slug}
      >
        <TextField
          label={`Type ${slug} to confirm`}
          name="confirmation"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          className="font-mono"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      </ConfirmDialog>
    </Panel>
  );
}
