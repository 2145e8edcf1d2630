import type { Logger } from "../log.ts";

/** Work that goes on after the answer. */
export interface Background {
  run(work: Promise<unknown>): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function createBackground(log: Logger): Background {
  const underWay = new Set<Promise<void>>();
  return {
    run(work) {
      const tracked: Promise<void> = work
        .then(
          () => undefined,
          (error) => log.error({ err: error }, "background work failed"),
        )
        .finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
