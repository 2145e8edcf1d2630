import { useNavigation } from "@remix-run/react";
import { useEffect, useState } from "react";

// Shorter than this nothing needs to be said: the page is simply there.
const quietMs = 120;

/** A line along the top while the next page is on its way. */
export function NavigationProgress() {
  const busy = useNavigation().state !== "idle";
  const [shown, setShown] = useState(false);

  useEffect(() => {
    if (!busy) return setShown(false);
    const timer = setTimeout(() => setShown(true), quietMs);
    return () => clearTimeout(timer);
  }, [busy]);

  if (!shown) return null;
  return (
    <div
      role="progressbar"
      aria-label="Loading the page"
      className="fixed inset-x-0 top-0 z-50 h-0.5 overflow-hidden"
    >
      <div className="h-full w-2/5 bg-hot running" />
    </div>
  );
}
