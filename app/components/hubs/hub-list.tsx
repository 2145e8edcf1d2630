import { Link } from "@remix-run/react";
import { ChevronRight } from "lucide-react";
import { Time } from "~/components/ui/time.tsx";
import type { HubSummary } from "~/lib/api-types.ts";
import { reasonWords } from "~/lib/hub-words.ts";
import { paths } from "~/lib/paths.ts";
import { HubBadge } from "./hub-badge.tsx";

/** One line per hub; the whole line opens it. */
export function HubList({ label, hubs }: { label: string; hubs: readonly HubSummary[] }) {
  return (
    <ul aria-label={label} className="border-t border-line">
      {hubs.map((hub) => (
        <li
          key={hub.hubId}
          className="relative flex flex-wrap items-center gap-x-5 gap-y-2 border-b border-line px-4 py-3.5 last:border-b-0 hover:bg-sunken sm:px-5"
        >
          <div className="min-w-0 flex-1 basis-64">
            <Link
              to={paths.hub(hub.hubId)}
              className="text-[1.067rem] font-semibold break-words after:absolute after:inset-0 after:content-[''] focus-visible:after:-outline-offset-2"
            >
              {hub.name}
            </Link>
            <p className="font-mono text-[0.867rem] break-all text-mute">{hub.hostname ?? hub.hubId}</p>
            {hub.banner.reason && hub.banner.tone !== "off" ? (
              <p className="mt-0.5 max-w-[70ch] text-[0.933rem] break-words text-mute">
                {reasonWords(hub.banner.reason)}
              </p>
            ) : null}
          </div>
          <p className="text-[0.933rem] text-mute">
            {hub.lastReportAt ? (
              <>
                Heard from <Time at={hub.lastReportAt} />
              </>
            ) : (
              "Not heard from yet"
            )}
          </p>
          <HubBadge hub={hub} />
          <ChevronRight className="size-4.5 text-faint max-sm:hidden" aria-hidden="true" />
        </li>
      ))}
    </ul>
  );
}
