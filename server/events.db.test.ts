import { sql } from "kysely";
import { afterAll, expect, test, vi } from "vitest";
import { createTestDb } from "../db/testing/index.ts";
import { CHANGES_CHANNEL, type ChangeEvent, listenForChanges, notifyChange } from "./events.ts";

const { db, url } = await createTestDb();
const events: ChangeEvent[] = [];
const warnings: string[] = [];
const log = {
  info: () => undefined,
  warn: (_fields: object, message: string) => void warnings.push(message),
};
const listener = listenForChanges(url, (event) => events.push(event), log);
afterAll(() => listener.stop());

const notice = { type: "tenant", tenantId: "ten_1" } as const;

test("a change reaches listeners at the commit, and never when the transaction fails", async () => {
  await vi.waitFor(() => expect(events).toEqual([{ type: "resync" }]));
  events.length = 0;
  await db
    .transaction()
    .execute(async (tx) => {
      await notifyChange(tx, { type: "tenant", tenantId: "rolled-back" });
      throw new Error("no");
    })
    .catch((error: Error) => expect(error.message).toBe("no"));
  await notifyChange(db, notice);
  await vi.waitFor(() => expect(events).toEqual([notice]));
});

test("after its connection was cut it listens again and says that it may have missed something", async () => {
  events.length = 0;
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hotspot-changes'
    and datname = current_database()`.execute(db);
  await vi.waitFor(() => expect(events).toEqual([{ type: "resync" }]), { timeout: 5000 });
  await notifyChange(db, notice);
  await vi.waitFor(() => expect(events).toContainEqual(notice));
  expect(warnings).toContain("lost the connection that listens for changes");
});

test("what somebody else writes into the channel is logged and left alone", async () => {
  events.length = 0;
  await sql`select pg_notify(${CHANGES_CHANNEL}, 'not json')`.execute(db);
  await notifyChange(db, notice);
  await vi.waitFor(() => expect(events).toEqual([notice]));
  expect(warnings).toContain("change notice not understood");
});

test("many endpoints with new requests are told in pieces that NOTIFY takes", async () => {
  events.length = 0;
  const endpointIds = Array.from({ length: 1000 }, (_, index) => `ep_${String(index).padStart(26, "0")}`);
  await notifyChange(db, { type: "requests", tenantId: "ten_1", endpointIds });
  await vi.waitFor(() =>
    expect(events.flatMap((event) => (event.type === "requests" ? event.endpointIds : []))).toEqual(
      endpointIds,
    ),
  );
});
