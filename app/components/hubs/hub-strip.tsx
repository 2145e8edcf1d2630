import { Link, useLocation } from "@remix-run/react";
import { Strip } from "~/components/shell/strip.tsx";
import type { TroubledHub } from "~/lib/api-types.ts";
import { reasonWords } from "~/lib/hub-words.ts";
import { paths } from "~/lib/paths.ts";

/** Says on every page that hubs are degraded or in error. Pages of hubs say it themselves, at length. */
export function HubStrip({ hubs }: { hubs: readonly TroubledHub[] }) {
  const { pathname } = useLocation();
  const [first] = hubs;
  if (!first || pathname === paths.hubs || pathname.startsWith(`${paths.hubs}/`)) return null;
  const bad = hubs.some(({ tone }) => tone === "error");
  if (hubs.length > 1) {
    return (
      <Strip label="About your hubs" bad={bad}>
        {hubs.length} hubs need attention: {hubs.map(({ name }) => name).join(", ")}.{" "}
        <Link to={paths.hubs} className="link font-medium whitespace-nowrap">
          Open Cloudflare
        </Link>
      </Strip>
    );
  }
  return (
    <Strip label="About your hubs" bad={bad}>
      {first.name}: {reasonWords(first.reason ?? first.title)}{" "}
      <Link to={paths.hub(first.hubId)} className="link font-medium whitespace-nowrap">
        Open the hub
      </Link>
    </Strip>
  );
}
