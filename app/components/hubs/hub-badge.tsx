import { Badge } from "~/components/ui/badge.tsx";
import type { HubSummary } from "~/lib/api-types.ts";
import { hubBadge } from "~/lib/hub-words.ts";

/** How a hub is, in a word. */
export function HubBadge({ hub }: { hub: Pick<HubSummary, "banner" | "state" | "mode"> }) {
  const { tone, words } = hubBadge(hub);
  return <Badge tone={tone}>{words}</Badge>;
}
