import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { runJobs } from "../jobs/testing.ts";
import { createLocalKeyService, createTenantVault, shredTenantKeys, vaultUpkeepTask } from "./index.ts";
import { rotateVault } from "./rotate.ts";
import { rotateTenantKey } from "./tenant-keys.ts";
import { tenantKeyIdOf } from "./tenant-vault.ts";
import { keepVault, type SealedColumn } from "./upkeep.ts";

const { db, url } = await createTestDb();
const oldKey = { id: "old", key: randomBytes(32) };
const newKey = { id: "new", key: randomBytes(32) };
const keys = createLocalKeyService([oldKey]);
const vault = createTenantVault(keys);

/** A table of secrets, as a domain would have one. */
const column: SealedColumn = {
  table: "vault_test_secrets",
  column: "secret",
  purposeOf: (id) => `thing:${id}`,
};

beforeAll(async () => {
  await sql`create table vault_test_secrets (id text primary key, tenant_id text not null, secret text not null)`.execute(
    db,
  );
});

async function store(tenantId: string, id: string, text: string): Promise<string> {
  const sealed = await vault.seal(db, { tenantId, purpose: column.purposeOf(id) }, text);
  await sql`insert into vault_test_secrets values (${id}, ${tenantId}, ${sealed})`.execute(db);
  return sealed;
}

async function stored(id: string): Promise<string> {
  const { rows } = await sql<{
    secret: string;
  }>`select secret from vault_test_secrets where id = ${id}`.execute(db);
  return rows[0]!.secret;
}

const keyRows = (tenantId: string) =>
  db.selectFrom("tenant_keys").selectAll().where("tenant_id", "=", tenantId).orderBy("created_at").execute();

test("a sealed text opens for its tenant and purpose only, and no byte of it may change", async () => {
  const a = await createTenant(db, {});
  const b = await createTenant(db, {});
  const place = { tenantId: a.tenantId, purpose: "thing:1" };
  const sealed = await vault.seal(db, place, "väldigt hemligt");
  expect(sealed).not.toContain("hemligt");
  expect(await vault.open(db, place, sealed)).toBe("väldigt hemligt");
  await vault.seal(db, { ...place, tenantId: b.tenantId }, "of b");

  await expect(vault.open(db, { ...place, tenantId: b.tenantId }, sealed)).rejects.toThrow(/another tenant/);
  await expect(vault.open(db, { ...place, purpose: "thing:2" }, sealed)).rejects.toThrow(/another purpose/);
  for (const part of [2, 3]) {
    const parts = sealed.split(".");
    const bytes = Buffer.from(parts[part]!, "base64url");
    bytes[bytes.length >> 1]! ^= 1;
    parts[part] = bytes.toString("base64url");
    await expect(vault.open(db, place, parts.join("."))).rejects.toThrow(/changed/);
  }
  // A record key of one text does not open another, not even of the same place.
  const other = await vault.seal(db, place, "another");
  const mixed = [...other.split(".").slice(0, 3), sealed.split(".")[3]].join(".");
  await expect(vault.open(db, place, mixed)).rejects.toThrow(/changed/);
});

test("a tenant key moved to another tenant's row does not unwrap", async () => {
  const a = await createTenant(db, {});
  const b = await createTenant(db, {});
  const place = { tenantId: b.tenantId, purpose: "thing:1" };
  const sealed = await vault.seal(db, { ...place, tenantId: a.tenantId }, "of a");
  await db
    .updateTable("tenant_keys")
    .set({ tenant_id: b.tenantId })
    .where("tenant_id", "=", a.tenantId)
    .execute();
  // A process that has not unwrapped it before.
  await expect(createTenantVault(keys).open(db, place, sealed)).rejects.toThrow(/another purpose/);
  // Nor does it hold up the others when the master key changes.
  const both = createLocalKeyService([newKey, oldKey]);
  const deps = { db, keys: both, vault: createTenantVault(both), sealed: [column] };
  await expect(keepVault(deps)).rejects.toMatchObject({
    errors: [expect.objectContaining({ message: expect.stringMatching(/^tenant key tk_/) })],
  });
  await shredTenantKeys(db, b.tenantId);
});

test("tenants that seal for the first time at once get one key each", async () => {
  const { tenantId } = await createTenant(db, {});
  const sealed = await Promise.all(
    Array.from({ length: 8 }, (_, i) => vault.seal(db, { tenantId, purpose: `thing:${i}` }, `text ${i}`)),
  );
  expect(await keyRows(tenantId)).toHaveLength(1);
  for (const [i, text] of sealed.entries())
    expect(await vault.open(db, { tenantId, purpose: `thing:${i}` }, text)).toBe(`text ${i}`);
});

test("a new master key takes over: tenant keys are wrapped anew, then the old one can go", async () => {
  const { tenantId } = await createTenant(db, {});
  const sealed = await store(tenantId, "master-1", "kept");
  const place = { tenantId, purpose: "thing:master-1" };
  const both = createLocalKeyService([newKey, oldKey]);
  const withBoth = createTenantVault(both);
  expect(await withBoth.open(db, place, sealed)).toBe("kept");

  const done = await keepVault({ db, keys: both, vault: withBoth, sealed: [column] });
  expect(done.rewrapped).toBeGreaterThan(0);
  const withNew = createLocalKeyService([newKey]);
  expect(await createTenantVault(withNew).open(db, place, await stored("master-1"))).toBe("kept");
  await expect(createTenantVault(keys).open(db, place, await stored("master-1"))).rejects.toThrow(/key new/);

  // Back, for the tests below.
  const back = createLocalKeyService([oldKey, newKey]);
  await keepVault({ db, keys: back, vault: createTenantVault(back), sealed: [column] });
});

test("a tenant key is rotated without a gap: the old one opens until its records are sealed anew, then it goes", async () => {
  const { tenantId } = await createTenant(db, {});
  const place = { tenantId, purpose: "thing:rot-1" };
  const before = await store(tenantId, "rot-1", "kept");
  await rotateTenantKey(db, keys, tenantId);
  expect(await vault.open(db, place, before)).toBe("kept");

  const deps = { db, keys, vault, sealed: [column] };
  expect(await keepVault(deps)).toMatchObject({ resealed: 1, forgotten: 0 });
  const after = await stored("rot-1");
  expect(after).not.toBe(before);
  expect(await vault.open(db, place, after)).toBe("kept");
  expect(await keepVault(deps)).toMatchObject({ resealed: 0 });
  await db
    .updateTable("tenant_keys")
    .set({ retired_at: sql<Date>`now() - interval '2 hours'` })
    .where("tenant_id", "=", tenantId)
    .where("retired_at", "is not", null)
    .execute();
  expect(await keepVault(deps)).toMatchObject({ forgotten: 1 });
  expect(await keyRows(tenantId)).toHaveLength(1);
  expect(await vault.open(db, place, after)).toBe("kept");
  await expect(vault.open(db, place, before)).rejects.toThrow(/shredded/);
});

test("a key of a year is rotated by itself", async () => {
  const { tenantId } = await createTenant(db, {});
  await store(tenantId, "year-1", "kept");
  await db
    .updateTable("tenant_keys")
    .set({ created_at: sql<Date>`now() - interval '366 days'` })
    .where("tenant_id", "=", tenantId)
    .execute();
  expect(await keepVault({ db, keys, vault, sealed: [column] })).toMatchObject({ rotated: 1, resealed: 1 });
  expect(await vault.open(db, { tenantId, purpose: "thing:year-1" }, await stored("year-1"))).toBe("kept");
});

test("one record that does not open is named and holds no other up, and its key stays", async () => {
  const { tenantId } = await createTenant(db, {});
  const broken = await store(tenantId, "broken-1", "lost");
  await store(tenantId, "broken-2", "kept");
  await sql`update vault_test_secrets set secret = ${`${broken.slice(0, -3)}AAA`} where id = 'broken-1'`.execute(
    db,
  );
  await rotateTenantKey(db, keys, tenantId);
  await expect(keepVault({ db, keys, vault, sealed: [column] })).rejects.toMatchObject({
    errors: [expect.objectContaining({ message: "vault_test_secrets.secret of broken-1" })],
  });
  expect(await vault.open(db, { tenantId, purpose: "thing:broken-2" }, await stored("broken-2"))).toBe(
    "kept",
  );
  expect(await keyRows(tenantId)).toHaveLength(2);
  await sql`delete from vault_test_secrets where id = 'broken-1'`.execute(db);
});

test("after shredding nothing of the tenant opens, at once and for processes that had the key in memory", async () => {
  const { tenantId } = await createTenant(db, {});
  const place = { tenantId, purpose: "thing:shred-1" };
  const sealed = await vault.seal(db, place, "gone");
  expect(await vault.open(db, place, sealed)).toBe("gone");
  await shredTenantKeys(db, tenantId);
  await expect(vault.open(db, place, sealed)).rejects.toThrow(/shredded/);
});

test("an operator replaces the keys of all tenants, or of one, and the job that seals anew is asked for", async () => {
  const { lines } = await runJobs(url, [vaultUpkeepTask({ db, keys, vault, sealed: [column] })]);
  const a = await createTenant(db, {});
  const b = await createTenant(db, {});
  await store(a.tenantId, "operator-a", "x");
  await store(b.tenantId, "operator-b", "x");
  expect(await rotateVault(db, keys, a.tenantId)).toBe(1);
  expect(await keyRows(a.tenantId)).toMatchObject([{ retired_at: expect.any(Date) }, { retired_at: null }]);
  expect(await keyRows(b.tenantId)).toHaveLength(1);
  expect(await rotateVault(db, keys)).toBeGreaterThanOrEqual(2);
  expect(await keyRows(b.tenantId)).toHaveLength(2);
  await expect(rotateVault(db, keys, "nobody")).rejects.toThrow(/nothing sealed/);
  const current = async () => (await keyRows(b.tenantId)).find(({ retired_at }) => retired_at === null)!.id;
  await expect.poll(async () => tenantKeyIdOf(await stored("operator-b"))).toBe(await current());
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});
