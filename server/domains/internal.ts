import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { ApiConfig } from "../config.ts";
import { DomainError } from "../errors.ts";
import type { CertificateStanding } from "./decide.ts";
import { wantedRecords } from "./records.ts";
import type { DomainSummary } from "./schemas.ts";

/** Claims that are not removed, each with its endpoint and what there is of a certificate. */
export function selectDomains(db: Db) {
  return db
    .selectFrom("custom_domains")
    .innerJoin("endpoints", "endpoints.id", "custom_domains.endpoint_id")
    .leftJoin("certificates", "certificates.name", "custom_domains.host")
    .select([
      "custom_domains.id",
      "custom_domains.tenant_id",
      "custom_domains.endpoint_id",
      "custom_domains.host",
      "custom_domains.proof_token",
      "custom_domains.state",
      "custom_domains.reason",
      "custom_domains.proof_found",
      "custom_domains.route_found",
      "custom_domains.created_at",
      "custom_domains.checked_at",
      "custom_domains.next_check_at",
      "custom_domains.failures",
      "custom_domains.proven_at",
      "custom_domains.held_since",
      "endpoints.slug",
      "certificates.not_after",
      "certificates.error as certificate_error",
      "certificates.next_try_at",
      sql<boolean>`certificates.id is not null`.as("has_certificate"),
    ])
    .where("custom_domains.removed_at", "is", null)
    .where("endpoints.released_at", "is", null);
}

export type DomainRow = Awaited<ReturnType<typeof getDomainOfTenant>>;

/** @throws DomainError not_found/domain_not_found, for a domain of another tenant too */
export async function getDomainOfTenant(db: Db, tenantId: string, id: string) {
  const row = await selectDomains(db)
    .where("custom_domains.id", "=", id)
    .where("custom_domains.tenant_id", "=", tenantId)
    .executeTakeFirst();
  if (!row) {
    throw new DomainError("not_found", "domain_not_found", "there is no such domain", { field: "id" });
  }
  return row;
}

/** @param withCertificates whether we order any */
export function standingOf(row: DomainRow, withCertificates: boolean, now: Date): CertificateStanding {
  if (!withCertificates) return { kind: "off" };
  if (row.not_after !== null && row.not_after > now) return { kind: "valid" };
  return row.certificate_error === null ? { kind: "none" } : { kind: "failed", error: row.certificate_error };
}

export function toSummary(row: DomainRow, config: ApiConfig): DomainSummary {
  const { proof, route } = wantedRecords(row, config);
  const port = config.endpointsPublicPort === null ? "" : `:${config.endpointsPublicPort}`;
  return {
    id: row.id,
    host: row.host,
    endpointSlug: row.slug,
    url: `${config.endpointsPublicScheme}://${row.host}${port}`,
    state: row.state,
    reason: row.reason,
    served: row.held_since !== null,
    records: [
      { type: "TXT", ...proof, found: row.proof_found },
      { type: "CNAME", ...route, found: row.route_found },
    ],
    certificate: row.has_certificate
      ? {
          notAfter: row.not_after?.toISOString() ?? null,
          error: row.certificate_error,
          nextTryAt: row.next_try_at?.toISOString() ?? null,
        }
      : null,
    createdAt: row.created_at.toISOString(),
    checkedAt: row.checked_at?.toISOString() ?? null,
    nextCheckAt: row.next_check_at?.toISOString() ?? null,
  };
}
