import { sql } from "kysely";
import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { hubSealedColumns } from "./index.ts";

const { db } = await createTestDb();

test("every column of hubs that holds something sealed is moved to new keys by the vault", async () => {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    where table_name like 'hub%' and column_name like 'sealed%' order by 1, 2`.execute(db);
  const known = hubSealedColumns.map(({ table, column }) => ({ table, column }));
  const key = ({ table, column }: { table: string; column: string }) => `${table}.${column}`;
  expect(known.map(key).sort()).toEqual(rows.map(key).sort());
  expect(known.length).toBeGreaterThan(0);
});
