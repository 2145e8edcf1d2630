import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { UsageMode } from "../../db/schema/index.ts";
import { planOf } from "../plans.ts";

/** What the relay needs to know of a host name to serve it. */
export interface Route {
  readonly endpointId: string;
  readonly tenantId: string;
  readonly slug: string;
  readonly state: "active" | "suspended" | "unpaid";
  /** Why it is not active, for the visitor; null when active or when no reason was given. */
  readonly stateReason: string | null;
  readonly requireAccessKey: boolean;
  /** SHA-256 (hex) of the current endpoint token. */
  readonly endpointTokenHash: string;
  /** Set: forward there without a connector. */
  readonly upstreamBaseUrl: string | null;
  readonly usageMode: UsageMode;
  readonly limits: {
    readonly maxBodyBytes: number;
    readonly maxHeadBytes: number;
    readonly maxTargetBytes: number;
    readonly maxConnectors: number;
    readonly maxConcurrentRequests: number;
    /** Of all clients of the tenant together; null: no such limit. */
    readonly requestsPerMinute: number | null;
  };
}

/** Finds who serves a slug now; null when nobody does. `slug` is compared as it is: normalise it first. */
export async function findRoute(db: Db, slug: string): Promise<Route | null> {
  const row = await db
    .selectFrom("endpoints")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "endpoints.tenant_id")
    .select([
      "endpoints.id",
      "endpoints.tenant_id",
      "endpoints.slug",
      "endpoints.status",
      "endpoints.require_access_key",
      "endpoints.token_hash",
      "endpoints.upstream_base_url",
      "endpoints.usage_mode",
      "tenant_settings.plan",
      "tenant_settings.billing_state",
      "tenant_settings.suspended_reason",
      sql<boolean>`tenant_settings.suspended_at is not null`.as("tenant_suspended"),
    ])
    .where("endpoints.slug", "=", slug)
    .where("endpoints.released_at", "is", null)
    .executeTakeFirst();
  if (!row) return null;
  const suspended = row.tenant_suspended || row.status === "suspended";
  const plan = planOf(row.plan);
  return {
    endpointId: row.id,
    tenantId: row.tenant_id,
    slug: row.slug,
    state: suspended ? "suspended" : row.billing_state === "unpaid" ? "unpaid" : "active",
    stateReason: row.tenant_suspended ? row.suspended_reason : null,
    requireAccessKey: row.require_access_key,
    endpointTokenHash: row.token_hash,
    upstreamBaseUrl: row.upstream_base_url,
    usageMode: row.usage_mode,
    limits: {
      maxBodyBytes: plan.maxBodyBytes,
      maxHeadBytes: plan.maxHeadBytes,
      maxTargetBytes: plan.maxTargetBytes,
      maxConnectors: plan.connectors,
      maxConcurrentRequests: plan.concurrentRequests,
      requestsPerMinute: plan.requestsPerMinute,
    },
  };
}
