import { afterAll, expect, vi } from "vitest";
import { type ChangeEvent, listenForChanges } from "../events.ts";

/** Collects change events of a test database, as another process would see them. */
export async function collectChanges(databaseUrl: string) {
  const events: ChangeEvent[] = [];
  const quiet = { info: () => undefined, warn: () => undefined };
  const listener = listenForChanges(databaseUrl, (event) => events.push(event), quiet);
  afterAll(() => listener.stop());
  await vi.waitFor(() => expect(events).toEqual([{ type: "resync" }]));
  events.length = 0;
  return {
    events,
    /** Waits until an event like this has come, then forgets all of them. */
    async expect(event: Partial<ChangeEvent>): Promise<void> {
      await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining(event)));
      events.length = 0;
    },
  };
}
