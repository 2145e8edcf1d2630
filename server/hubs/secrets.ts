import type { Db } from "../../db/client.ts";
import type { SealedColumn, TenantVault } from "../vault/index.ts";
import type { HubKeyRow, HubRow } from "./internal.ts";

/** What the vault is told that a sealed text is; by the id of the row that holds it. */
const purposes = {
  tunnelToken: (hubPk: string) => `hub_tunnel_token:${hubPk}`,
  backupPassword: (hubPk: string) => `hub_backup_password:${hubPk}`,
  key: (keyId: string) => `hub_key:${keyId}`,
};

/** Under which purposes the vault seals what hubs are given. */
export const secretPlace = {
  tunnelToken: (hub: Pick<HubRow, "id" | "tenant_id">) => ({
    tenantId: hub.tenant_id,
    purpose: purposes.tunnelToken(hub.id),
  }),
  backupPassword: (hub: Pick<HubRow, "id" | "tenant_id">) => ({
    tenantId: hub.tenant_id,
    purpose: purposes.backupPassword(hub.id),
  }),
  key: (key: Pick<HubKeyRow, "id" | "tenant_id">) => ({
    tenantId: key.tenant_id,
    purpose: purposes.key(key.id),
  }),
};

/** Opens them, for the hub only. */
export const openSecret = {
  tunnelToken: (db: Db, vault: TenantVault, hub: HubRow, sealed: string) =>
    vault.open(db, secretPlace.tunnelToken(hub), sealed),
  key: (db: Db, vault: TenantVault, key: HubKeyRow, sealed: string) =>
    vault.open(db, secretPlace.key(key), sealed),
};

/** Where they stand: the vault moves them to the keys that seal now. */
export const hubSealedColumns: readonly SealedColumn[] = [
  { table: "hubs", column: "sealed_tunnel_token", purposeOf: purposes.tunnelToken },
  { table: "hubs", column: "sealed_backup_password", purposeOf: purposes.backupPassword },
  { table: "hub_keys", column: "sealed_secret", purposeOf: purposes.key },
];

/** What the vault keeps of hubs, so that it can be sealed anew. */
export const sealedHubColumns: readonly SealedColumn[] = [
  { table: "hubs", column: "sealed_tunnel_token", purposeOf: purposes.tunnelToken },
  { table: "hubs", column: "sealed_backup_password", purposeOf: purposes.backupPassword },
  { table: "hub_keys", column: "sealed_secret", purposeOf: purposes.key },
];
