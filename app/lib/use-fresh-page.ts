import { useRevalidator } from "@remix-run/react";
import { useEffect, useRef } from "react";

/** Asked for again this often while somebody looks. */
const REFRESH_MS = 15_000;

/** Keeps fresh what the page shows while it is looked at, and as soon as it is looked at again. */
export function useFreshPage(enabled: boolean): void {
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
