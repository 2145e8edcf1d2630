import { useFetcher } from "@remix-run/react";
import { useRef } from "react";
import { Badge } from "~/components/ui/badge.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmedAction } from "~/components/ui/confirmed-action.tsx";
import { CopyButton } from "~/components/ui/copy-button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Hub, HubHostname } from "~/lib/api-types.ts";
import { plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";
import { NothingYet } from "./nothing-yet.tsx";

interface HostnamesPanelProps {
  hub: Pick<Hub, "hubId" | "hostnames" | "serviceUrl" | "state">;
  /** Further ones that the plan allows. */
  limit: number;
  domain: string | null;
  canManage: boolean;
}

/** The public names of a hub: its own, and further ones for workspace hosts. All lead through its one tunnel. */
export function HostnamesPanel({ hub, limit, domain, canManage }: HostnamesPanelProps) {
  const further = hub.hostnames.filter(({ main }) => !main).length;
  const mayAdd = canManage && hub.state === "on" && limit > 0;
  return (
    <Panel
      id="hostnames"
      title="Host names"
      lead="All lead through the hub's one tunnel. Further ones are for the hosts of your workspaces."
      flush
    >
      {hub.hostnames.length === 0 ? (
        <NothingYet title="No host name now">It gets one when it is switched on.</NothingYet>
      ) : (
        <ul aria-label="Host names" className="border-t border-line">
          {hub.hostnames.map((hostname) => (
            <HostnameLine
              key={hostname.id}
              hubId={hub.hubId}
              hostname={hostname}
              removable={canManage && !hostname.main && hub.state === "on"}
            />
          ))}
        </ul>
      )}
      {mayAdd ? (
        <div className="border-t border-line p-4 sm:p-5">
          {further < limit ? (
            <HostnameForm hubId={hub.hubId} serviceUrl={hub.serviceUrl} domain={domain} />
          ) : (
            <p className="text-mute">
              Your plan allows {plural(limit, "further host name")} per hub, and this one has {further}.
            </p>
          )}
        </div>
      ) : null}
    </Panel>
  );
}

interface HostnameLineProps {
  hubId: string;
  hostname: HubHostname;
  removable: boolean;
}

function HostnameLine({ hubId, hostname, removable }: HostnameLineProps) {
  const { host, main, serviceUrl, ready } = hostname;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-b-0 sm:px-5">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex items-center gap-1">
          <a
            href={`https://${host}`}
            target="_blank"
            rel="noreferrer"
            className="min-w-0 font-mono text-[0.933rem] break-all hover:underline"
          >
            {host}
          </a>
          <CopyButton text={`https://${host}`} what={`address of ${host}`} />
        </p>
        <p className="text-[0.933rem] break-all text-mute">
          {main ? "The hub's own, leads to " : "Leads to "}
          <code>{serviceUrl}</code>
        </p>
      </div>
      <Badge tone={ready ? "ok" : "quiet"}>{ready ? "in DNS" : "being made"}</Badge>
      {removable ? (
        <ConfirmedAction
          verb="Remove"
          name={host}
          title={`Remove ${host}?`}
          lead="It stops answering at once. The hub's other names stay as they are."
          done={`${host} is removed.`}
          action={paths.hubHostname(hubId, hostname.id)}
        />
      ) : null}
    </li>
  );
}

interface HostnameFormProps {
  hubId: string;
  serviceUrl: string;
  domain: string | null;
}

function HostnameForm({ hubId, serviceUrl, domain }: HostnameFormProps) {
  const fetcher = useFetcher<{ problem: Problem | null }>();
  const form = useRef<HTMLFormElement>(null);
  useReply(fetcher, ({ problem }) => {
    if (!problem) form.current?.reset();
  });
  const problem = fetcher.data?.problem ?? null;
  const elsewhere = problemElsewhere(problem, ["name", "serviceUrl"]);
  return (
    <fetcher.Form ref={form} method="post" action={paths.hubHostnames(hubId)} className="grid gap-4">
      {elsewhere ? (
        <Notice tone="bad" announce>
          {elsewhere}
        </Notice>
      ) : null}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label="Another subdomain"
          name="name"
          className="font-mono"
          placeholder="workspace"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={63}
          required
          hint={domain ? `A number is added: workspace-1.${domain}` : "A number is added."}
          error={problemAt(problem, "name")}
        />
        <TextField
          label="Leads to"
          name="serviceUrl"
          className="font-mono"
          placeholder={serviceUrl}
          autoComplete="off"
          spellCheck={false}
          maxLength={300}
          hint="Seen from the hub's machine. Left empty: as the hub's own."
          error={problemAt(problem, "serviceUrl")}
        />
      </div>
      <Button type="submit" look="quiet" busy={fetcher.state !== "idle"} className="justify-self-start">
        Add the host name
      </Button>
    </fetcher.Form>
  );
}
