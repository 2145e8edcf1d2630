import { useRevalidator } from "@remix-run/react";
import { useEffect, useRef } from "react";

/** Sums of a running period change with each request; asked for again this often while somebody looks. */
const REFRESH_MS = 15_000;

/** Keeps the page's figures fresh while it is looked at, and as soon as it is looked at again. */
export function useFreshUsage(enabled: boolean): void {
  const revalidator = useRevalidator();
  const current = useRef(revalidator);
  current.current = revalidator;
  useEffect(() => {
    if (!enabled) return;
    const refresh = () => {
      if (document.visibilityState === "visible" && current.current.state === "idle") {
        current.current.revalidate();
      }
    };
    const timer = setInterval(refresh, REFRESH_MS);
    document.addEventListener("visibilitychange", refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [enabled]);
}
