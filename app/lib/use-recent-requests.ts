import { useQuery } from "@tanstack/react-query";
import type { RequestPage } from "./api-types.ts";
import { useTRPC } from "./trpc.ts";

// The relay hands its log over in batches about once a second; asking faster would show nothing newer.
const refreshMs = 2_000;

/** The newest requests of an endpoint, asked for again while the page is looked at. */
export function useRecentRequests(slug: string, limit: number, initial: RequestPage): RequestPage {
  const trpc = useTRPC();
  const query = useQuery(
    trpc.requests.list.queryOptions(
      { slug, limit },
      { initialData: initial, staleTime: refreshMs, refetchInterval: refreshMs },
    ),
  );
  return query.data;
}
