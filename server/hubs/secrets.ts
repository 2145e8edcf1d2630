import type { Db } from "../../db/client.ts";
import type { TenantVault } from "../vault/index.ts";
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
