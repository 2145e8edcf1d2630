import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import type { Hub } from "./api-types.ts";
import { useTRPC } from "./trpc.ts";
import type { LiveState } from "./use-live-endpoint.ts";

const pollMs = 2_000;

/**
 * A hub as it changes: steps of its provisioning, reports, keys. Pushed as server-sent events; until that stream stands, and
 * while it does not, the page asks instead.
 *
 * @param initial what the loader found, shown until there is something newer
 */
export function useLiveHub(initial: Hub): { hub: Hub; state: LiveState } {
  const { hubId } = initial;
  const trpc = useTRPC();
  const pushed = useSubscription(trpc.hubs.watch.subscriptionOptions({ hubId }));
  const standing = pushed.status === "pending" ? pushed.data : undefined;
  const asked = useQuery(
    trpc.hubs.get.queryOptions(
      { hubId },
      // Not kept: what an earlier visit to the page was told is older than what the loader says now.
      { enabled: !standing, refetchInterval: pollMs, staleTime: pollMs, gcTime: 0 },
    ),
  );
  const hub = standing ?? asked.data ?? pushed.data ?? initial;
  return { hub, state: standing ? "live" : asked.isError ? "lost" : "polling" };
}
