import { useFetcher } from "@remix-run/react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";
import { ServiceUrlField } from "./service-url-field.tsx";

/** What people call the hub, and what its tunnel leads to. */
export function HubSettingsPanel({ hub }: { hub: Pick<Hub, "hubId" | "name" | "serviceUrl" | "mode"> }) {
  const fetcher = useFetcher<{ problem: Problem | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (!problem) toast("Saved.");
  });
  const problem = fetcher.data?.problem ?? null;
  const elsewhere = problemElsewhere(problem, ["name", "serviceUrl"]);
  const managed = hub.mode === "managed";
  return (
    <Panel id="settings" title="Settings">
      <fetcher.Form method="post" action={paths.hubSettings(hub.hubId)} className="grid gap-4">
        {elsewhere ? (
          <Notice tone="bad" announce>
            {elsewhere}
          </Notice>
        ) : null}
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            key={hub.name}
            label="Name"
            name="name"
            defaultValue={hub.name}
            autoComplete="off"
            maxLength={100}
            required
            hint={`For people. The hub itself stays ${hub.hubId}.`}
            error={problemAt(problem, "name")}
          />
          {managed ? (
            <ServiceUrlField
              key={hub.serviceUrl}
              value={hub.serviceUrl}
              hint="On the hub's machine, without a path. The tunnel follows within seconds."
              error={problemAt(problem, "serviceUrl")}
            />
          ) : null}
        </div>
        <Button type="submit" look="quiet" busy={fetcher.state !== "idle"} className="justify-self-start">
          Save
        </Button>
      </fetcher.Form>
    </Panel>
  );
}
