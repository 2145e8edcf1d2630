import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { createDb, inTransaction } from "./client.ts";
import { createTestDb } from "./testing/index.ts";

const { db, url } = await createTestDb();

test("bigint comes as a number, and one that does not fit is an error rather than a rounded number", async () => {
  const { rows } = await sql<{ n: number }>`select 9007199254740991::bigint as n`.execute(db);
  expect(rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
  await expect(sql`select 9007199254740993::bigint as n`.execute(db)).rejects.toThrow(RangeError);
  expect((await sql`select count(*) as n from "user"`.execute(db)).rows).toEqual([{ n: 0 }]);
});

test("a connection that Postgres cuts is reported, and the pool goes on", async () => {
  const onConnectionError = vi.fn();
  const other = createDb(url, { onConnectionError, applicationName: "victim" });
  await sql`select 1`.execute(other);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`.execute(
    db,
  );
  await vi.waitFor(() => expect(onConnectionError).toHaveBeenCalled());
  expect((await sql`select 2 as two`.execute(other)).rows).toEqual([{ two: 2 }]);
  await other.destroy();
});

test("work joins the transaction it is given, and rolls back with it", async () => {
  const insert = (id: string) =>
    inTransaction(db, (tx) =>
      tx
        .insertInto("released_names")
        .values({ slug: id, tenant_id: "t", released_at: new Date(), available_at: new Date() })
        .execute(),
    );
  await insert("alone");
  const failing = db.transaction().execute(async (tx) => {
    await inTransaction(tx, (inner) => inner.deleteFrom("released_names").execute());
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  expect(await db.selectFrom("released_names").select("slug").execute()).toEqual([{ slug: "alone" }]);
});

test("a connection that Postgres ends between two queries of a transaction fails the transaction, not the process", async () => {
  const [mine, other] = [createDb(url, { onConnectionError: () => undefined }), createDb(url)];
  const work = mine.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(other);
    // Time for the end to be heard while no query is under way.
    await vi.waitFor(async () => {
      const { rows: left } = await sql`select from pg_stat_activity where pid = ${rows[0]!.pid}`.execute(
        other,
      );
      expect(left).toHaveLength(0);
    });
    await sql`select 1`.execute(tx);
  });
  await expect(work).rejects.toThrow();
  await mine.destroy();
  await other.destroy();
});
