import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import type { EndpointDetail } from "./api-types.ts";
import { useTRPC } from "./trpc.ts";

/** The part of an endpoint that changes by itself. */
export type LiveEndpoint = Pick<EndpointDetail, "status" | "online" | "connectors">;

/** How the page hears of changes: pushed, asked for every few seconds, or not at all just now. */
export type LiveState = "live" | "polling" | "lost";

const pollMs = 2_000;

/**
 * Connectors and status of an endpoint as they change. They are pushed as server-sent events; until that stream stands,
 * and while it does not (a proxy that buffers, a portal being deployed), the page asks instead.
 *
 * @param initial what the loader found, shown until there is something newer
 */
export function useLiveEndpoint(
  slug: string,
  initial: LiveEndpoint,
): { endpoint: LiveEndpoint; state: LiveState } {
  const trpc = useTRPC();
  const pushed = useSubscription(trpc.connectors.watch.subscriptionOptions({ slug }));
  const standing = pushed.status === "pending" ? pushed.data : undefined;
  const asked = useQuery(
    trpc.endpoints.get.queryOptions(
      { slug },
      // Not kept: what an earlier visit to the page was told is older than what the loader says now.
      { enabled: !standing, refetchInterval: pollMs, staleTime: pollMs, gcTime: 0 },
    ),
  );

  const { status, online, connectors } = standing ?? asked.data ?? pushed.data ?? initial;
  const state = standing ? "live" : asked.isError ? "lost" : "polling";
  return { endpoint: { status, online, connectors }, state };
}
