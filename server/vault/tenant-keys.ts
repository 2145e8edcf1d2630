import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { LRUCache } from "lru-cache";
import type { Db } from "../../db/client.ts";
import type { KeyService } from "./key-service.ts";

const KEY_BYTES = 32;
/** Of unwrapped keys in memory: a KMS is slow and counts its calls. */
const CACHED_KEYS = 1_000;
const CACHE_MS = 5 * 60_000;

/** A tenant's key, unwrapped. */
export interface TenantKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * The keys of tenants. The row is read every time, so that a key that was shredded opens nothing from then on in any
 * process; only the unwrapping is remembered.
 */
export interface TenantKeys {
  /** The one that seals; made when there is none. Joins a transaction. */
  current(db: Db, tenantId: string): Promise<TenantKey>;
  /** null when it does not exist, or is another tenant's. */
  find(db: Db, tenantId: string, id: string): Promise<TenantKey | null>;
}

export function createTenantKeys(keys: KeyService): TenantKeys {
  const unwrapped = new LRUCache<string, Buffer>({ max: CACHED_KEYS, ttl: CACHE_MS });
  const unwrap = async (row: { id: string; wrapped_key: string }, tenantId: string): Promise<TenantKey> => {
    const known = unwrapped.get(row.wrapped_key);
    const key = known ?? (await keys.unwrap(row.wrapped_key, contextOf(tenantId, row.id)));
    if (!known) unwrapped.set(row.wrapped_key, key);
    return { id: row.id, key };
  };
  const findCurrent = (db: Db, tenantId: string) =>
    db
      .selectFrom("tenant_keys")
      .select(["id", "wrapped_key"])
      .where("tenant_id", "=", tenantId)
      .where("retired_at", "is", null)
      .executeTakeFirst();
  return {
    async current(db, tenantId) {
      const row = await findCurrent(db, tenantId);
      if (row) return unwrap(row, tenantId);
      await addTenantKey(db, keys, tenantId);
      return unwrap((await findCurrent(db, tenantId))!, tenantId);
    },
    async find(db, tenantId, id) {
      const row = await db
        .selectFrom("tenant_keys")
        .select(["id", "wrapped_key"])
        .where("id", "=", id)
        .where("tenant_id", "=", tenantId)
        .executeTakeFirst();
      return row ? unwrap(row, tenantId) : null;
    },
  };
}

/** A fresh key that seals from now on; nothing happens when another process was faster. */
async function addTenantKey(db: Db, keys: KeyService, tenantId: string): Promise<void> {
  const id = `tk_${randomBytes(12).toString("hex")}`;
  const { masterKeyId, wrapped } = await keys.wrap(randomBytes(KEY_BYTES), contextOf(tenantId, id));
  await db
    .insertInto("tenant_keys")
    .values({ id, tenant_id: tenantId, wrapped_key: wrapped, master_key_id: masterKeyId, retired_at: null })
    .onConflict((conflict) => conflict.column("tenant_id").where("retired_at", "is", null).doNothing())
    .execute();
}

/** A new key seals from now on; the one before opens what it sealed until that is sealed anew. */
export async function rotateTenantKey(db: Db, keys: KeyService, tenantId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("tenant_keys")
      .set({ retired_at: sql<Date>`now()` })
      .where("tenant_id", "=", tenantId)
      .where("retired_at", "is", null)
      .execute();
    await addTenantKey(tx, keys, tenantId);
  });
}

/**
 * Wraps every tenant key anew that another master key than the current one wrapped. Gives how many.
 * @param onFailed told of each that does not unwrap; it stays as it is
 */
export async function rewrapTenantKeys(
  db: Db,
  keys: KeyService,
  onFailed: (keyId: string, error: unknown) => void,
): Promise<number> {
  const current = await keys.currentKeyId();
  const rows = await db
    .selectFrom("tenant_keys")
    .select(["id", "tenant_id", "wrapped_key"])
    .where("master_key_id", "<>", current)
    .execute();
  let done = 0;
  for (const { id, tenant_id, wrapped_key } of rows) {
    const context = contextOf(tenant_id, id);
    try {
      const { masterKeyId, wrapped } = await keys.wrap(await keys.unwrap(wrapped_key, context), context);
      await db
        .updateTable("tenant_keys")
        .set({ wrapped_key: wrapped, master_key_id: masterKeyId })
        .where("id", "=", id)
        .where("wrapped_key", "=", wrapped_key)
        .execute();
      done++;
    } catch (error) {
      onFailed(id, error);
    }
  }
  return done;
}

/** Forgets the keys of a tenant: whatever they sealed is noise from now on, in backups of its rows too. */
export async function shredTenantKeys(db: Db, tenantId: string): Promise<void> {
  await db.deleteFrom("tenant_keys").where("tenant_id", "=", tenantId).execute();
}

function contextOf(tenantId: string, keyId: string): string {
  return `tenant:${tenantId}:${keyId}`;
}
