import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { runHousekeeping, startHousekeeping } from "./housekeeping.ts";

const { db } = await createTestDb();

test("a chore that fails is logged and the others still run", async () => {
  await db.insertInto("rate_limits").values({ key: "old", points: 1, expire: 1 }).execute();
  await db
    .insertInto("requests")
    .values({
      id: "req_old",
      tenant_id: "gone",
      endpoint_id: "gone",
      relay_id: "r",
      started_at: new Date(0),
      method: "GET",
      path: "/",
      status: 200,
      bytes_in: 0,
      bytes_out: 0,
      duration_ms: 0,
      client_address: "192.0.2.1",
    })
    .execute();
  const lines: { level: string; job?: string; count?: number }[] = [];
  const write = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const archive = { store: () => Promise.reject(new Error("bucket is gone")) };
  await runHousekeeping({ db, archive, stripe: null, log: { info: write("info"), error: write("error") } });
  expect(lines).toEqual([
    expect.objectContaining({ level: "error", job: "purge_requests" }),
    { level: "info", job: "purge_connectors", count: 0 },
    { level: "info", job: "purge_rate_limits", count: 1 },
  ]);
  expect(await db.selectFrom("requests").select("id").execute()).toEqual([{ id: "req_old" }]);
});

test("it can be stopped before its first round", async () => {
  const quiet = { info: () => undefined, error: () => undefined };
  await startHousekeeping({ db, archive: null, stripe: null, log: quiet }).stop();
});
