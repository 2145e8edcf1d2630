/** Wakes one waiter; remembers that it was rung, so that a change during a read is not lost. */
export interface Bell {
  ring(): void;
  /** Resolves when it was rung since the last time. */
  rung(): Promise<void>;
}

export function makeBell(): Bell {
  let waiting = Promise.withResolvers<void>();
  return {
    ring: () => waiting.resolve(),
    async rung() {
      await waiting.promise;
      waiting = Promise.withResolvers();
    },
  };
}
