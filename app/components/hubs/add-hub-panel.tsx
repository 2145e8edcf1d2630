import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { FieldFrame, TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";
import { HubCommandDialog, type HubCredentials } from "./hub-command-dialog.tsx";

interface AddHubPanelProps {
  /** Why only hubs with a Cloudflare account of their own can be added; null: others too. */
  onlyOwn: string | null;
  portalUrl: string;
}

interface AddReply {
  made: HubCredentials | null;
  problem: Problem | null;
}

/** Makes a hub known. Nothing is made at Cloudflare by it, and it costs nothing. */
export function AddHubPanel({ onlyOwn, portalUrl }: AddHubPanelProps) {
  const fetcher = useFetcher<AddReply>();
  const [made, setMade] = useState<HubCredentials | null>(null);
  useReply(fetcher, (reply) => setMade(reply.made));
  const problem = fetcher.data?.problem ?? null;
  const elsewhere = problemElsewhere(problem, ["hubId", "serviceUrl"]);
  return (
    <Panel
      id="add"
      title="Add a hub"
      lead="You get a token and the command to run on its machine. Nothing is made at Cloudflare, and nothing is charged, before the hub is switched on."
    >
      <fetcher.Form method="post" action={paths.hubs} className="grid gap-4">
        {elsewhere ? (
          <Notice tone="bad" announce>
            {elsewhere}
          </Notice>
        ) : null}
        <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
          <TextField
            label="Hub id"
            name="hubId"
            placeholder="office-server"
            className="font-mono"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={120}
            required
            hint="What the machine is called. It stays the same when you install it again."
            error={problemAt(problem, "hubId")}
          />
          <TextField
            label="What it serves"
            name="serviceUrl"
            placeholder="http://localhost:8080"
            className="font-mono"
            autoComplete="off"
            spellCheck={false}
            maxLength={300}
            hint="On that machine, without a path. Left out: http://localhost:8080"
            error={problemAt(problem, "serviceUrl")}
          />
          <FieldFrame label="Cloudflare account" hint={onlyOwn ?? "With ours there is nothing to set up."}>
            {(control) => (
              <select {...control} name="mode" className="control">
                {onlyOwn === null ? <option value="managed">ours</option> : null}
                <option value="self_hosted">your own</option>
              </select>
            )}
          </FieldFrame>
        </div>
        <Button type="submit" busy={fetcher.state !== "idle"} className="justify-self-start">
          Add the hub
        </Button>
      </fetcher.Form>
      <HubCommandDialog
        made={made}
        title={`${made?.hubId ?? "The hub"} is added`}
        portalUrl={portalUrl}
        withLink
        onClose={() => setMade(null)}
      />
    </Panel>
  );
}
