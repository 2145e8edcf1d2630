import { sql } from "kysely";
import type { Db, Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ApiConfig } from "../config.ts";
import type { RequestContext } from "../context.ts";
import { notifyChange } from "../events.ts";
import { type Decision, decide } from "./decide.ts";
import type { DomainDeps } from "./deps.ts";
import { type DomainRow, getDomainOfTenant, standingOf } from "./internal.ts";
import { lookUp, type Sighting } from "./look-up.ts";
import { wantedRecords } from "./records.ts";

/** Who checks: a person of the tenant, or the job. */
export type Checker = Pick<RequestContext, "userId" | "requestId">;

/** Postgres: unique violation. */
const UNIQUE_VIOLATION = "23505";

/**
 * Asks DNS about one custom domain and acts on it: the relays hear of a domain that begins or ends to be served, a certificate
 * is wished for where one is missing. Can be repeated at any time, by several at once.
 *
 * @throws DomainError not_found/domain_not_found
 */
export async function checkDomain(
  db: Db,
  { tenantId, id }: { tenantId: string; id: string },
  options: { deps: DomainDeps; config: ApiConfig; checker: Checker },
): Promise<DomainRow> {
  const { deps, config } = options;
  const wanted = wantedRecords(await getDomainOfTenant(db, tenantId, id), config);
  // Nothing is locked while DNS thinks.
  const seen = await lookUp(deps.resolver, wanted);
  const act = () => db.transaction().execute((tx) => apply(tx, { tenantId, id, seen }, options));
  try {
    return await act();
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    // Another account proved the same host in this moment: the second look sees it.
    return await act();
  }
}

async function apply(
  tx: Tx,
  { tenantId, id, seen }: { tenantId: string; id: string; seen: Sighting },
  { deps, config, checker }: { deps: DomainDeps; config: ApiConfig; checker: Checker },
): Promise<DomainRow> {
  await tx
    .selectFrom("custom_domains")
    .select("id")
    .where("id", "=", id)
    .where("tenant_id", "=", tenantId)
    .forUpdate()
    .execute();
  const before = await getDomainOfTenant(tx, tenantId, id);
  const now = deps.now?.() ?? new Date();
  const decision = decide({
    domain: before,
    seen,
    wanted: wantedRecords(before, config),
    certificate: standingOf(before, deps.certificates !== null, now),
    heldByOther: await isHeldByOther(tx, before),
    now,
  });
  await write(tx, before, { decision, seen, now });
  if (decision.state === "issuing" || (decision.state === "failed" && decision.held)) {
    await deps.certificates?.request(tx, before.host);
  }
  if (decision.held !== (before.held_since !== null)) await announce(tx, before, decision, checker);
  return getDomainOfTenant(tx, tenantId, id);
}

async function isHeldByOther(tx: Tx, { id, host }: DomainRow): Promise<boolean> {
  const row = await tx
    .selectFrom("custom_domains")
    .select("id")
    .where("host", "=", host)
    .where("held_since", "is not", null)
    .where("id", "!=", id)
    .executeTakeFirst();
  return row !== undefined;
}

async function write(
  tx: Tx,
  { id, tenant_id, held_since, proven_at }: DomainRow,
  { decision, seen, now }: { decision: Decision; seen: Sighting; now: Date },
): Promise<void> {
  await tx
    .updateTable("custom_domains")
    .set({
      state: decision.state,
      reason: decision.reason,
      proof_found: seen.proof,
      route_found: seen.route,
      checked_at: now,
      next_check_at: decision.nextCheckAt,
      failures: decision.failures,
      proven_at: decision.proven ? now : proven_at,
      held_since: decision.held ? (held_since ?? now) : null,
    })
    .where("id", "=", id)
    .where("tenant_id", "=", tenant_id)
    .execute();
}

/** It begins or ends to be served. */
async function announce(
  tx: Tx,
  { id, host, endpoint_id, slug, tenant_id }: DomainRow,
  { held, state }: Decision,
  checker: Checker,
): Promise<void> {
  const ctx = { tenantId: tenant_id, ...checker };
  const action = held ? "domain.proven" : "domain.lapsed";
  await recordAudit(tx, ctx, { action, subject: id, detail: { host, state } });
  await notifyChange(tx, {
    type: "endpoint",
    endpointId: endpoint_id,
    slug,
    tenantId: tenant_id,
    host,
  });
  await notifyChange(tx, { type: "certificate" });
}

/** Checks all domains whose time has come, some at once. @returns how many */
export async function checkDueDomains(
  db: Db,
  options: { deps: DomainDeps; config: ApiConfig; onFailed(host: string, error: unknown): void },
): Promise<number> {
  const now = options.deps.now?.() ?? new Date();
  const due = await db
    .selectFrom("custom_domains")
    .innerJoin("endpoints", "endpoints.id", "custom_domains.endpoint_id")
    .select(["custom_domains.id", "custom_domains.tenant_id", "custom_domains.host"])
    .where("next_check_at", "<=", now)
    .where("removed_at", "is", null)
    .where("endpoints.released_at", "is", null)
    .orderBy("next_check_at")
    .limit(DUE_AT_ONCE)
    .execute();
  const checker = { userId: null, requestId: "domain_checks" };
  const work = due.values();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const { id, tenant_id, host } of work) {
        try {
          await checkDomain(db, { tenantId: tenant_id, id }, { ...options, checker });
        } catch (error) {
          options.onFailed(host, error);
          await postpone(db, id, now);
        }
      }
    }),
  );
  return due.length;
}

/** A round; what is left over is due in the next one, a minute later. */
const DUE_AT_ONCE = 500;
/** A dead name server costs six seconds, so some wait beside each other. */
const PARALLEL = 8;

/** One that cannot be checked must not stand before all others for ever. */
async function postpone(db: Db, id: string, now: Date): Promise<void> {
  await db
    .updateTable("custom_domains")
    .set({ next_check_at: sql<Date>`${now}::timestamptz + interval '10 minutes'` })
    .where("id", "=", id)
    .where("removed_at", "is", null)
    .execute();
}
