import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { KeyService } from "./key-service.ts";
import { rewrapTenantKeys, rotateTenantKey } from "./tenant-keys.ts";
import { type TenantVault, tenantKeyIdOf } from "./tenant-vault.ts";

/** A column whose texts the vault sealed; its table has `id` and `tenant_id`. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** Under which purpose the text of a row is sealed. */
  purposeOf(id: string): string;
}

export interface VaultDeps {
  readonly db: Db;
  readonly keys: KeyService;
  readonly vault: TenantVault;
  readonly sealed: readonly SealedColumn[];
}

/** A key that seals longer than this is replaced. */
const MAX_KEY_AGE_DAYS = 365;
/** A transaction that sealed with a key before it was retired has ended by then. */
const RETIRED_AT_LEAST_MINUTES = 60;

export interface VaultUpkeep {
  rotated: number;
  rewrapped: number;
  resealed: number;
  forgotten: number;
}

/**
 * Brings all that is sealed under the keys that seal now: tenant keys under the first master key, records under their
 * tenant's current key. May be cut off and done again at any time; readers notice nothing.
 *
 * @throws AggregateError naming what did not open, after all others were done: it needs a person
 */
export async function keepVault(deps: VaultDeps): Promise<VaultUpkeep> {
  const { db, keys, sealed } = deps;
  const rotated = await rotateOldKeys(db, keys);
  const failures: unknown[] = [];
  const rewrapped = await rewrapTenantKeys(db, keys, (id, cause) =>
    failures.push(new Error(`tenant key ${id}`, { cause })),
  );
  let resealed = 0;
  for (const column of sealed) {
    for (const row of await listUnderRetiredKeys(db, column)) {
      try {
        if (await reseal(deps, column, row)) resealed++;
      } catch (error) {
        failures.push(new Error(`${column.table}.${column.column} of ${row.id}`, { cause: error }));
      }
    }
  }
  const forgotten = await forgetUnusedKeys(db, sealed);
  if (failures.length > 0) throw new AggregateError(failures, "sealed texts and keys that do not open");
  return { rotated, rewrapped, resealed, forgotten };
}

async function rotateOldKeys(db: Db, keys: KeyService): Promise<number> {
  const old = await db
    .selectFrom("tenant_keys")
    .select("tenant_id")
    .where("retired_at", "is", null)
    .where("created_at", "<", sql<Date>`now() - make_interval(days => ${MAX_KEY_AGE_DAYS})`)
    .execute();
  for (const { tenant_id } of old) await rotateTenantKey(db, keys, tenant_id);
  return old.length;
}

interface SealedRow {
  id: string;
  tenant_id: string;
  text: string;
}

async function listUnderRetiredKeys(db: Db, { table, column }: SealedColumn): Promise<SealedRow[]> {
  const { rows } = await sql<SealedRow>`
    select held.id, held.tenant_id, held.${sql.ref(column)} as text
    from ${sql.table(table)} as held
    join tenant_keys on tenant_keys.id = split_part(held.${sql.ref(column)}, '.', 2)
    where tenant_keys.retired_at is not null`.execute(db);
  return rows;
}

/** False when the row changed meanwhile: then it was sealed under the current key anyway. */
async function reseal({ db, vault }: VaultDeps, column: SealedColumn, row: SealedRow): Promise<boolean> {
  const place = { tenantId: row.tenant_id, purpose: column.purposeOf(row.id) };
  const text = await vault.seal(db, place, await vault.open(db, place, row.text));
  const { numAffectedRows } = await sql`
    update ${sql.table(column.table)} set ${sql.ref(column.column)} = ${text}
    where id = ${row.id} and ${sql.ref(column.column)} = ${row.text}`.execute(db);
  return numAffectedRows === 1n;
}

async function forgetUnusedKeys(db: Db, sealed: readonly SealedColumn[]): Promise<number> {
  const retired = await db
    .selectFrom("tenant_keys")
    .select("id")
    .where("retired_at", "<", sql<Date>`now() - make_interval(mins => ${RETIRED_AT_LEAST_MINUTES})`)
    .execute();
  const used = new Set<string>();
  for (const column of sealed)
    for (const { text } of await listUnderRetiredKeys(db, column)) used.add(tenantKeyIdOf(text)!);
  const unused = retired.map(({ id }) => id).filter((id) => !used.has(id));
  if (unused.length > 0) await db.deleteFrom("tenant_keys").where("id", "in", unused).execute();
  return unused.length;
}
