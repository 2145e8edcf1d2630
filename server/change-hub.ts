import type { ChangeEvent } from "./events.ts";

/** Hands the change events of one listener to everything in this process that waits for them. */
export interface ChangeHub {
  publish(event: ChangeEvent): void;
  /** @returns ends the subscription; idempotent */
  subscribe(listener: (event: ChangeEvent) => void): () => void;
}

/** Makes a hub; connect it with `listenForChanges(url, hub.publish, log)`. */
export function createChangeHub(): ChangeHub {
  const listeners = new Set<(event: ChangeEvent) => void>();
  return {
    publish(event) {
      for (const listener of [...listeners]) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
