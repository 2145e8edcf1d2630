import type { FetcherWithComponents } from "@remix-run/react";
import { useEffect, useRef } from "react";

/**
 * Calls `react` once for each answer of a fetcher, e.g. to close a dialog or to show a toast. The newest `react` is the
 * one that is called.
 */
export function useReply<Data>(
  fetcher: FetcherWithComponents<Data>,
  react: (data: NonNullable<Data>) => void,
): void {
  const latest = useRef(react);
  latest.current = react;
  const { data, state } = fetcher;
  useEffect(() => {
    if (state === "idle" && data) latest.current(data as NonNullable<Data>);
  }, [data, state]);
}
