import { useRevalidator } from "@remix-run/react";
import { useEffect } from "react";
import type { Domain } from "./api-types.ts";

/** While a domain waits for DNS or for its certificate, the page looks again every so often, ms. */
const LOOK_AGAIN_MS = 5_000;

/** Keeps the list of domains up to date while one of them is on its way, and the page is looked at. */
export function useFreshDomains(domains: readonly Pick<Domain, "state">[]): void {
  const { revalidate, state } = useRevalidator();
  const isMoving = domains.some((domain) => domain.state === "issuing" || domain.state === "pending");
  const isIdle = state === "idle";
  useEffect(() => {
    if (!isMoving || !isIdle) return;
    const timer = setTimeout(() => {
      if (document.visibilityState === "visible") revalidate();
    }, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  });
}
