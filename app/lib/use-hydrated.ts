import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** False on the server and while the page wakes up. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
