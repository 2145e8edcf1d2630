import { sql } from "kysely";
import type { Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { RequestContext } from "../context.ts";
import type { SlugRules } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import { ensureBackupPassword, requireVault } from "./backup-password.ts";
import { takeBucket } from "./bucket-row.ts";
import type { HubDeps } from "./deps.ts";
import { countManagedHubs, type HubRow, lockHubOfTenant, notifyHub } from "./internal.ts";
import { wantKey } from "./key-row.ts";
import type { ManagedCloudflare } from "./managed-cloudflare.ts";
import { claimHostname } from "./names.ts";
import { normalizeServiceUrl } from "./service-url.ts";
import { wakeHub } from "./task-kinds.ts";

type Actor = Pick<RequestContext, "tenantId" | "userId" | "requestId">;

/** What a hub may wish for when it is switched on. */
export interface OnWish {
  readonly hubId: string;
  readonly requestedName: string | null;
  readonly serviceUrl?: string | undefined;
  /** A person asks: what held it up may be mended, so it is tried before its pause is over. Programs ask too often for that. */
  readonly isPersons: boolean;
  /** Input that a refusal of the name is about. */
  readonly field: string;
}

/**
 * Writes down that a hub is to be on; the job makes it so. All that can be refused is refused here, before anything is made at
 * Cloudflare: names, plan, standing. For one that is on nothing changes; one that is held up on its way is tried
 * again at once when a person asks.
 *
 * @throws DomainError not_found/hub_not_found; conflict/hub_self_hosted, conflict/hub_disabling, conflict/bucket_emptying;
 *   limit/plan_limit; invalid/hostname_* and conflict/hostname_*; precondition/payment_required; forbidden/license_inactive,
 *   forbidden/tenant_suspended; unavailable/cloudflare_off, unavailable/cloudflare_problem
 */
export async function wantOn(
  tx: Tx,
  actor: Actor,
  wish: OnWish,
  { deps, rules }: { deps: HubDeps; rules: SlugRules },
): Promise<HubRow> {
  const cloudflare = requireCloudflare(deps);
  await requireGoodStanding(tx, actor.tenantId);
  // Before the hub, as everywhere. Two hubs of a tenant that are switched on at once wait here, so they share a bucket.
  const license = await lockActiveLicense(tx, actor.tenantId);
  const hub = await lockHubOfTenant(tx, actor.tenantId, wish.hubId);
  requireManaged(hub);
  await requirePlan(tx, actor.tenantId, planOf(license.plan).hubs);
  if (hub.state === "on") return hub;
  if (hub.state === "provisioning") {
    if (hub.failure !== null && wish.isPersons) await wakeHub(tx, hub.id);
    return hub;
  }
  if (hub.state === "disabling" || hub.step !== null) {
    const message = "it is being switched off: try again in a moment";
    throw new DomainError("conflict", "hub_disabling", message, { retryAfterSeconds: 5 });
  }
  const bucket = await takeBucket(tx, hub, cloudflare);
  await claimHostname(tx, hub, {
    name: wish.requestedName ?? hub.requested_name,
    field: wish.field,
    domain: cloudflare.domain,
    zoneId: cloudflare.zoneId,
    isMain: true,
    serviceUrl: null,
    rules,
  });
  await wantKey(tx, hub, bucket.id);
  await ensureBackupPassword(tx, hub, requireVault(deps));
  const after = await tx
    .updateTable("hubs")
    .set({
      state: "provisioning",
      step: "tunnel",
      failure: null,
      failure_code: null,
      failures: 0,
      next_try_at: sql<Date>`now()`,
      requested_name: wish.requestedName ?? hub.requested_name,
      service_url: wish.serviceUrl === undefined ? hub.service_url : normalizeServiceUrl(wish.serviceUrl),
      license_id: license.id,
      bucket_id: bucket.id,
      cf_account_id: cloudflare.accountId,
      zone_id: cloudflare.zoneId,
      tunnel_name: `hotspot-${hub.id}`,
      tunnel_id: null,
      sealed_tunnel_token: null,
      ingress_set_at: null,
      delete_bucket: false,
      enabled_at: sql<Date>`now()`,
      disabled_at: null,
      health: null,
      health_reason: null,
      health_checks: "[]",
      last_report_at: null,
    })
    .where("id", "=", hub.id)
    .where("tenant_id", "=", hub.tenant_id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordAudit(tx, actor, { action: "hub.enable", subject: hub.id, detail: { hubId: hub.hub_id } });
  await wakeHub(tx, hub.id);
  await notifyHub(tx, hub);
  return after;
}

/** How a hub is to be switched off. */
export interface OffWish {
  readonly hubId: string;
  readonly deleteBucket: boolean;
  readonly retentionDays: number;
}

/**
 * Writes down that a hub is to be off; the job makes it so. For one that is off already only the time that its backups are kept
 * changes, so that they can be deleted later too.
 *
 * @throws DomainError not_found/hub_not_found; conflict/hub_self_hosted
 */
export async function wantOff(tx: Tx, actor: Actor, wish: OffWish): Promise<HubRow> {
  const hub = await lockHubOfTenant(tx, actor.tenantId, wish.hubId);
  requireManaged(hub);
  const isNews = hub.state === "on" || hub.state === "provisioning";
  if (hub.state === "off" && (hub.bucket_id === null || !wish.deleteBucket)) return hub;
  const after = await tx
    .updateTable("hubs")
    .set({
      ...(isNews && { state: "disabling" as const, step: "dns", disabled_at: sql<Date>`now()` }),
      delete_bucket: wish.deleteBucket,
      retention_days: wish.retentionDays,
      failure: null,
      failure_code: null,
      failures: 0,
      next_try_at: sql<Date>`now()`,
    })
    .where("id", "=", hub.id)
    .where("tenant_id", "=", hub.tenant_id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordAudit(tx, actor, {
    action: "hub.disable",
    subject: hub.id,
    detail: { hubId: hub.hub_id, deleteBucket: wish.deleteBucket, retentionDays: wish.retentionDays },
  });
  await wakeHub(tx, hub.id);
  await notifyHub(tx, hub);
  return after;
}

/** @throws DomainError unavailable/cloudflare_off or cloudflare_problem */
export function requireCloudflare({ cloudflare }: HubDeps): ManagedCloudflare {
  if (!cloudflare) {
    throw new DomainError(
      "unavailable",
      "cloudflare_off",
      "whoever runs this installation has not configured Cloudflare",
    );
  }
  const problem = cloudflare.problem();
  if (problem !== null) throw new DomainError("unavailable", "cloudflare_problem", problem);
  return cloudflare;
}

/** @throws DomainError conflict/hub_self_hosted */
export function requireManaged(hub: Pick<HubRow, "mode">): void {
  if (hub.mode === "managed") return;
  throw new DomainError(
    "conflict",
    "hub_self_hosted",
    "this hub uses a Cloudflare account of its own: it is managed on its machine",
  );
}

/** A plan that was made smaller does not switch hubs off, but lets none be switched on. */
async function requirePlan(tx: Tx, tenantId: string, limit: number): Promise<void> {
  const used = await countManagedHubs(tx, tenantId);
  if (limit > 0 && used <= limit) return;
  const message =
    limit === 0
      ? "your plan has no hubs: they come with Pro and Team"
      : `your plan allows ${limit} hubs: remove one, or take a larger plan`;
  throw new DomainError("limit", "plan_limit", message, { limit, used });
}
