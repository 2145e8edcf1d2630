import { Panel } from "~/components/ui/panel.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { HubEvent } from "~/lib/api-types.ts";
import { classNames } from "~/lib/class-names.ts";
import { eventTitle, reasonWords } from "~/lib/hub-words.ts";
import { NothingYet } from "./nothing-yet.tsx";

const SHOWN_AT_ONCE = 8;

/** What happened to a hub, newest first. */
export function HistoryPanel({ events }: { events: readonly HubEvent[] }) {
  const older = events.slice(SHOWN_AT_ONCE);
  return (
    <Panel id="history" title="History" flush>
      {events.length === 0 ? (
        <NothingYet title="Nothing happened yet">
          Steps, changes of health, backups and keys are listed here.
        </NothingYet>
      ) : (
        <div className="border-t border-line py-2">
          <EventList label="History" events={events.slice(0, SHOWN_AT_ONCE)} />
          {older.length > 0 ? (
            <details>
              <summary className="px-4 py-2 text-[0.933rem] text-mute hover:text-ink focus-visible:-outline-offset-2 sm:px-5">
                {older.length} before that
              </summary>
              <EventList label="Earlier history" events={older} />
            </details>
          ) : null}
        </div>
      )}
    </Panel>
  );
}

function EventList({ label, events }: { label: string; events: readonly HubEvent[] }) {
  return (
    <ol aria-label={label}>
      {events.map((event) => (
        <li key={event.id} className="grid gap-x-4 px-4 py-1.5 sm:grid-cols-[10rem_minmax(0,1fr)] sm:px-5">
          <span className="text-[0.933rem] text-mute">
            <Time at={event.at} />
          </span>
          <div className="min-w-0">
            <p className={classNames(toneOf(event), "break-words")}>{eventTitle(event)}</p>
            {event.message ? (
              <p className="max-w-[75ch] text-[0.933rem] break-words text-mute">
                {reasonWords(event.message)}
              </p>
            ) : null}
          </div>
        </li>
      ))}
    </ol>
  );
}

function toneOf({ outcome, kind, name }: HubEvent): string | false {
  if (outcome === "failed" || (kind === "health" && name === "error")) return "text-bad";
  if (kind === "health" && name === "degraded") return "text-warn";
  return kind === "health" && name === "ready" && "text-ok";
}
