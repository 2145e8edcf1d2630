import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { housekeepingChores, runChores, startHousekeeping } from "./housekeeping.ts";

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
  const log = { info: write("info"), error: write("error") };
  await runChores(housekeepingChores({ db, archive, stripe: null }), log);
  expect(lines).toEqual([
    { level: "info", job: "rate_limits", count: 1 },
    expect.objectContaining({ level: "error", job: "requests" }),
  ]);
  expect(await db.selectFrom("requests").select("id").execute()).toEqual([{ id: "req_old" }]);
});

test("stopping waits for the round under way", async () => {
  const quiet = { info: () => undefined, error: () => undefined };
  let finish = (_count: number) => {};
  let isDone = false;
  const slow = () =>
    new Promise<number>((resolve) => {
      finish = resolve;
    }).then((count) => {
      isDone = true;
      return count;
    });
  const stop = startHousekeeping({ slow }, { log: quiet });
  const stopped = stop();
  finish(0);
  await stopped;
  expect(isDone).toBe(true);
});
