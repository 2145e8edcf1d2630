import { randomBytes } from "node:crypto";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import type { TenantVault } from "../vault/index.ts";
import type { HubCaller } from "./authenticate.ts";
import { prefixOf } from "./bucket-row.ts";
import type { HubDeps } from "./deps.ts";
import { type HubRow, hubNotFound, lockHubOfTenant } from "./internal.ts";
import type { BackupPasswordOutput, HubInput, OwnBackupPasswordOutput } from "./schemas.ts";
import { secretPlace } from "./secrets.ts";

/** The password of a hub's backups; made when it has none. It outlives a switching off, as the backups do. */
export async function ensureBackupPassword(tx: Tx, hub: HubRow, vault: TenantVault): Promise<string> {
  const place = secretPlace.backupPassword(hub);
  if (hub.sealed_backup_password !== null) return vault.open(tx, place, hub.sealed_backup_password);
  const password = randomBytes(32).toString("base64url");
  await tx
    .updateTable("hubs")
    .set({ sealed_backup_password: await vault.seal(tx, place, password) })
    .where("id", "=", hub.id)
    .execute();
  return password;
}

/** A hub asks for the password of its own backups. @throws DomainError not_found/hub_not_found; unavailable/vault_off */
export async function ownBackupPassword(args: {
  caller: HubCaller;
  input: HubInput;
  deps: HubDeps;
}): Promise<OwnBackupPasswordOutput> {
  const { caller, input } = args;
  if (input.hubId !== caller.hubId) throw hubNotFound();
  const vault = requireVault(args.deps);
  return inTransaction(caller.db, async (tx) => {
    const hub = await lockHubOfTenant(tx, caller.tenantId, caller.hubId);
    return { password: await ensureBackupPassword(tx, hub, vault), prefix: prefixOf(hub) };
  });
}

/**
 * Shows an owner or admin the password, so that backups can be read without us. Written to the audit log.
 * @throws DomainError not_found/hub_not_found; conflict/no_backup_password: the hub never was on
 */
export async function revealBackupPassword(args: {
  ctx: RequestContext;
  input: HubInput;
  deps: HubDeps;
}): Promise<BackupPasswordOutput> {
  const { ctx, input } = args;
  requirePermission(ctx, "hubs:write");
  const vault = requireVault(args.deps);
  return inTransaction(ctx.db, async (tx) => {
    const hub = await lockHubOfTenant(tx, ctx.tenantId, input.hubId);
    if (hub.sealed_backup_password === null) {
      throw new DomainError("conflict", "no_backup_password", "this hub has no backups yet");
    }
    await recordAudit(tx, ctx, {
      action: "hub.reveal_backup_password",
      subject: hub.id,
      detail: { hubId: hub.hub_id },
    });
    return { password: await vault.open(tx, secretPlace.backupPassword(hub), hub.sealed_backup_password) };
  });
}

/** @throws DomainError unavailable/vault_off */
export function requireVault({ vault }: HubDeps): TenantVault {
  if (vault) return vault;
  throw new DomainError(
    "unavailable",
    "vault_off",
    "secrets cannot be kept here: whoever runs this installation has not set SEALING_KEYS",
  );
}
