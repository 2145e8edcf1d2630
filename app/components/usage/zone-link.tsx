import { Link } from "@remix-run/react";
import { paths } from "~/lib/paths.ts";
import { type UsageQuery, usageSearch } from "~/lib/usage-query.ts";
import { useHydrated } from "~/lib/use-hydrated.ts";

/** Days of the reader's own zone instead of those that invoices use, and back. Only a browser knows the zone. */
export function ZoneLink({ query }: { query: UsageQuery }) {
  const hydrated = useHydrated();
  const own = hydrated ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC";
  const other = query.timeZone === "UTC" ? own : "UTC";
  if (other === query.timeZone) return null;
  return (
    <Link to={paths.usage + usageSearch({ ...query, timeZone: other })} preventScrollReset className="link">
      Use {other}
    </Link>
  );
}
