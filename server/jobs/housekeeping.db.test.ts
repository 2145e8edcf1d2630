import { expect, test, vi } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { housekeepingTasks } from "./housekeeping.ts";
import { runJobs } from "./testing.ts";

const { db, url } = await createTestDb();

test("chores are done when a portal starts; one that fails is logged and the others still run", async () => {
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
  const archive = { store: () => Promise.reject(new Error("bucket is gone")) };
  const tasks = housekeepingTasks({ db, archive, stripe: null });
  expect(tasks.map(({ cron }) => cron)).toEqual(tasks.map((_, minute) => `${minute} * * * *`));
  const { lines } = await runJobs(url, tasks);
  await vi.waitFor(() => {
    expect(lines).toContainEqual(expect.objectContaining({ level: "info", job: "rate_limits", count: 1 }));
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "error", job: "requests", attempt: 1, maxAttempts: 3 }),
    );
  });
  expect(await db.selectFrom("requests").select("id").execute()).toEqual([{ id: "req_old" }]);
});
