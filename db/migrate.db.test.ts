import { getMigrations } from "better-auth/db/migration";
import { bearer, deviceAuthorization, organization } from "better-auth/plugins";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { migrateDown, migrateToLatest, migrationStatus } from "./migrate.ts";
import { createTestDb } from "./testing/index.ts";

const { db } = await createTestDb();

/** Columns, constraints and indexes of our schema, as text. */
async function describeSchema(): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line
      from information_schema.columns where table_schema = 'public' and table_name not like 'kysely%'
    union all
    select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace = 'public'::regnamespace and conrelid::regclass::text not like '%kysely%'
    union all
    select indexdef from pg_indexes where schemaname = 'public' and tablename not like 'kysely%'
    order by line`.execute(db);
  return rows.map((row) => row.line);
}

test("up, down and up again leave the same schema, and down leaves nothing", async () => {
  const before = await describeSchema();
  expect(before.length).toBeGreaterThan(150);

  const taken = await migrateDown(db, true);
  expect(taken).toHaveLength((await migrationStatus(db)).length);
  expect(await describeSchema()).toEqual([]);

  await migrateToLatest(db);
  expect(await describeSchema()).toEqual(before);
});

test("each migration can be taken back alone", async () => {
  const [taken] = await migrateDown(db);
  expect((await migrationStatus(db)).filter(({ executedAt }) => !executedAt).map(({ name }) => name)).toEqual(
    [taken],
  );
  expect(await migrateToLatest(db)).toEqual([taken]);
});

test("requests that are in blocks become rows when blocks are taken back", async () => {
  await sql`
    insert into request_blocks (tenant_id, endpoint_id, relay_id, first_at, last_at, requests, forwarded, lines)
    values ('ten_1', 'ep_1', 'relay', '2026-11-20T12:00:00.5Z', '2026-11-20T12:00:00.5Z', 1, 0, ${"2026-11-20T12:00:00.500Z\t200\t1\t2\t3\tf\treq_1\tGET\t/a\\\\tb\\n\t4\t5\t\\N\t192.0.2.1\t\\N\n"})`.execute(
    db,
  );
  while ((await migrationStatus(db)).find(({ name }) => name === "2026-11-25-1-request-blocks")?.executedAt)
    await migrateDown(db);
  const { rows } = await sql`select id, endpoint_id, path, tunnel_ms, forwarded from requests`.execute(db);
  expect(rows).toEqual([
    { id: "req_1", endpoint_id: "ep_1", path: "/a\\tb\n", tunnel_ms: null, forwarded: false },
  ]);
  await migrateToLatest(db);
});

test("migrating an up-to-date database does nothing, also from two processes at once", async () => {
  expect(await Promise.all([migrateToLatest(db), migrateToLatest(db)])).toEqual([[], []]);
});

test("better-auth finds nothing to add or change in its tables", async () => {
  const { toBeAdded, toBeCreated } = await getMigrations({
    database: { db, type: "postgres" },
    secret: "a secret that is only used here, long enough",
    rateLimit: { enabled: true, storage: "database" },
    plugins: [organization(), deviceAuthorization(), bearer()],
  });
  expect({ toBeAdded, toBeCreated }).toEqual({ toBeAdded: [], toBeCreated: [] });
});
