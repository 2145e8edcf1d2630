import { CircleAlert, CircleCheck } from "lucide-react";
import { Panel } from "~/components/ui/panel.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { checkTitle, failingFirst, reasonWords } from "~/lib/hub-words.ts";
import { NothingYet } from "./nothing-yet.tsx";

/** What the hub looked at last, and what was wrong with it. Of a self-hosted hub: its preconditions, each named. */
export function ChecksPanel({ hub }: { hub: Pick<Hub, "mode" | "checks" | "lastHealthCheck"> }) {
  const own = hub.mode === "self_hosted";
  return (
    <Panel
      id="checks"
      title={own ? "What it needs" : "Health"}
      lead={
        hub.lastHealthCheck ? (
          <>
            Looked at by the hub itself <Time at={hub.lastHealthCheck} />.
          </>
        ) : undefined
      }
      flush
    >
      {hub.checks.length === 0 ? (
        <NothingYet title="No report yet">
          {own
            ? "The hub says here which of its preconditions are met, each by its name, as soon as it runs."
            : "The hub says here how its tunnel, its host name and its bucket are, as soon as it runs."}
        </NothingYet>
      ) : (
        <ul aria-label={own ? "Preconditions and checks" : "Checks"} className="border-t border-line py-2">
          {failingFirst(hub.checks).map(({ name, ok, message }) => (
            <li key={name} className="flex items-start gap-3 px-4 py-1.5 sm:px-5">
              {ok ? (
                <CircleCheck className="mt-0.75 size-4.5 shrink-0 text-ok" aria-hidden="true" />
              ) : (
                <CircleAlert className="mt-0.75 size-4.5 shrink-0 text-bad" aria-hidden="true" />
              )}
              <div className="min-w-0 flex-1">
                <p className="flex justify-between gap-x-4">
                  <span>{checkTitle(name)}</span>
                  <span className={ok ? "shrink-0 text-ok" : "shrink-0 font-medium text-bad"}>
                    {ok ? "OK" : own ? "Missing" : "Fails"}
                  </span>
                </p>
                {message ? (
                  <p className="max-w-[75ch] text-[0.933rem] break-words text-mute">{reasonWords(message)}</p>
                ) : null}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
