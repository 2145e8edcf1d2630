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

test("a connection that breaks while it is held fails its next query, not the process", async () => {
  const work = db.connection().execute(async (held) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(held);
    await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(db);
    for (;;) await sql`select 1`.execute(held);
  });
  await expect(work).rejects.toThrow(/terminat|not queryable/);
  // The pool finds out a moment later.
  await vi.waitFor(() => sql`select 1`.execute(db));
});
