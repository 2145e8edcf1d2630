import type { Db } from "../../db/client.ts";
import type { SealedColumn, TenantVault } from "../vault/index.ts";
import type { HubKeyRow, HubRow } from "./internal.ts";

/** Under which purposes the vault seals what hubs are given. */
export const secretPlace = {
  tunnelToken: (hub: Pick<HubRow, "id" | "tenant_id">) => ({
    tenantId: hub.tenant_id,
    purpose: `hub_tunnel_token:${hub.id}`,
  }),
  key: (key: Pick<HubKeyRow, "id" | "tenant_id">) => ({
    tenantId: key.tenant_id,
    purpose: `hub_key:${key.id}`,
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
  { table: "hubs", column: "sealed_tunnel_token", purposeOf: (id) => `hub_tunnel_token:${id}` },
  { table: "hubs", column: "sealed_backup_password", purposeOf: (id) => `hub_backup_password:${id}` },
  { table: "hub_keys", column: "sealed_secret", purposeOf: (id) => `hub_key:${id}` },
];

/** What the vault keeps of hubs, so that it can be sealed anew. */
export const sealedHubColumns: readonly SealedColumn[] = [
  { table: "hubs", column: "sealed_tunnel_token", purposeOf: (id) => `hub_tunnel_token:${id}` },
  { table: "hubs", column: "sealed_backup_password", purposeOf: (id) => `hub_backup_password:${id}` },
  { table: "hub_keys", column: "sealed_secret", purposeOf: (id) => `hub_key:${id}` },
];
