import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Availability } from "./api-types.ts";
import { useTRPC } from "./trpc.ts";
import { useDebounced } from "./use-debounced.ts";

export type AvailabilityState =
  | { state: "empty" | "checking" | "unknown"; verdict: null }
  | { state: "free" | "refused"; verdict: Availability };

const typingMs = 220;

/** Whether the name can be claimed, asked when typing pauses. `unknown`: the portal did not answer; claiming still tells. */
export function useAvailability(typed: string): AvailabilityState {
  const trpc = useTRPC();
  const slug = useDebounced(typed.trim(), typingMs);
  const query = useQuery(
    trpc.endpoints.availability.queryOptions(
      { slug },
      { enabled: slug !== "", staleTime: 10_000, placeholderData: keepPreviousData },
    ),
  );

  if (typed.trim() === "") return { state: "empty", verdict: null };
  if (query.isError) return { state: "unknown", verdict: null };
  const settled = slug === typed.trim() && query.data && !query.isPlaceholderData;
  if (!settled) return { state: "checking", verdict: null };
  return { state: query.data.available ? "free" : "refused", verdict: query.data };
}
