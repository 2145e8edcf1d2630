import { useFetcher } from "@remix-run/react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { type UsageMode, usageModes } from "~/lib/endpoint-change.ts";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";

const words: Record<UsageMode, { title: string; lead: string }> = {
  ask: {
    title: "Ask the server",
    lead: "Streamed chats ask your server for exact counts. Callers do not see the difference. Best for most servers.",
  },
  read: {
    title: "Only read",
    lead: "Requests and answers pass exactly as they are. Counts come from what the server says, else they are estimated.",
  },
  off: {
    title: "Do not count",
    lead: "For endpoints that serve no models. Requests and bytes are still counted.",
  },
};

/** How tokens of requests to models are counted. */
export function UsageModePanel({ slug, usageMode }: { slug: string; usageMode: UsageMode }) {
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (!problem) toast("Saved. It counts for new requests.");
  });
  return (
    <Panel id="tokens" title="Tokens" lead="How tokens of language models are counted on this endpoint.">
      <fetcher.Form method="post" action={paths.endpointSettings(slug)} className="grid max-w-2xl gap-4">
        <fieldset className="grid gap-2.5">
          <legend className="sr-only">How tokens are counted</legend>
          {usageModes.map((mode) => (
            <ModeOption key={`${mode} ${usageMode}`} mode={mode} chosen={mode === usageMode} />
          ))}
        </fieldset>
        {fetcher.data?.problem ? (
          <Notice tone="bad" announce>
            {fetcher.data.problem.message}
          </Notice>
        ) : null}
        <Button type="submit" look="quiet" busy={fetcher.state !== "idle"} className="justify-self-start">
          Save
        </Button>
      </fetcher.Form>
    </Panel>
  );
}

function ModeOption({ mode, chosen }: { mode: UsageMode; chosen: boolean }) {
  const { title, lead } = words[mode];
  return (
    <label className="grid cursor-pointer grid-cols-[auto_1fr] gap-x-3 rounded-md border border-edge p-3.5 has-[:checked]:border-ink has-[:checked]:bg-sunken has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-hot">
      <input
        type="radio"
        name="usageMode"
        value={mode}
        defaultChecked={chosen}
        className="mt-1 size-4 accent-current"
      />
      <span>
        <span className="block font-medium">{title}</span>
        <span className="block text-[0.933rem] text-mute">{lead}</span>
      </span>
    </label>
  );
}
