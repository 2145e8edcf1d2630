import { runUntil } from "./billing/due.ts";
import type { World } from "./world.ts";

/** Finer than any time that Stripe promises. */
const EVERY_MS = 1_000;

/**
 * Lets what falls due on a running clock happen: renewals, retries, expiries. What fell due while the stand-in was off
 * happens first, in order.
 * @returns ends it
 */
export function startTicker(world: World): () => void {
  if (world.clock.frozen) return () => undefined;
  const tick = () => {
    if (runUntil(world, null, world.clock.now(), () => undefined)) world.onChange();
  };
  tick();
  const timer = setInterval(tick, EVERY_MS);
  return () => clearInterval(timer);
}
