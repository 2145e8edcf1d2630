import { Link } from "@remix-run/react";
import { ChevronRight } from "lucide-react";
import type { Endpoint } from "~/lib/api-types.ts";
import { plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { EndpointBadge } from "./endpoint-badge.tsx";

/** One line per endpoint; the whole line opens it. */
export function EndpointList({ endpoints }: { endpoints: readonly Endpoint[] }) {
  return (
    <ul className="grid gap-3">
      {endpoints.map((endpoint) => (
        <li
          key={endpoint.id}
          className="relative flex flex-wrap items-center gap-x-5 gap-y-2 rounded-lg border border-line bg-surface px-4 py-4 hover:border-line-strong sm:px-5"
        >
          <div className="min-w-0 flex-1 basis-64">
            <Link
              to={paths.endpoint(endpoint.slug)}
              className="text-[1.133rem] font-semibold after:absolute after:inset-0 after:rounded-lg after:content-['']"
            >
              {endpoint.slug}
            </Link>
            <p className="font-mono text-[0.867rem] break-all text-mute">{endpoint.publicBaseUrl}</p>
          </div>
          <p className="text-mute">{servedBy(endpoint)}</p>
          <EndpointBadge status={endpoint.status} online={endpoint.online} />
          <ChevronRight className="size-4.5 text-faint max-sm:hidden" aria-hidden="true" />
        </li>
      ))}
    </ul>
  );
}

function servedBy(endpoint: Endpoint): string {
  if (endpoint.upstreamBaseUrl) return "Direct upstream";
  return plural(endpoint.connectorCount, "connector");
}
