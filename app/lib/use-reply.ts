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
  // As soon as it is there: the page is loaded anew after it, and may then lack the component that asked.
  const { data } = fetcher;
  useEffect(() => {
    if (data) latest.current(data as NonNullable<Data>);
  }, [data]);
}
