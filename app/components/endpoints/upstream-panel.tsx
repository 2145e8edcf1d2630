import { useFetcher } from "@remix-run/react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";

interface UpstreamPanelProps {
  slug: string;
  upstreamBaseUrl: string | null;
}

/** Forwarding without a connector, to a server that is public already. */
export function UpstreamPanel({ slug, upstreamBaseUrl }: UpstreamPanelProps) {
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (!problem) toast("Saved. New requests go there.");
  });
  return (
    <Panel
      id="upstream"
      title="Direct upstream"
      lead="Is your server public already? Then the relay can forward to it without a connector. Leave it empty to use connectors."
    >
      <fetcher.Form
        method="post"
        action={paths.endpointSettings(slug)}
        className="grid max-w-2xl items-start gap-4 sm:grid-cols-[minmax(0,1fr)_auto]"
      >
        <TextField
          key={upstreamBaseUrl}
          label="Base URL"
          name="upstreamBaseUrl"
          type="url"
          className="font-mono"
          defaultValue={upstreamBaseUrl ?? ""}
          placeholder="https://llm.example.org"
          autoComplete="off"
          spellCheck={false}
          maxLength={2000}
          hint="http or https. Addresses in private networks are refused."
          error={fetcher.data?.problem?.message}
        />
        <Button type="submit" look="quiet" busy={fetcher.state !== "idle"} className="sm:mt-7.5">
          Save
        </Button>
      </fetcher.Form>
    </Panel>
  );
}
