import type { Db } from "../../db/client.ts";
import { isSlug, normalizeSlug } from "../endpoints/slug.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { ReportAbuseInput, type ReportAbuseOutput } from "./schemas.ts";

/**
 * Files a report about a tenant host. Anybody may; the answer is the same whether the name is in use or not.
 * @throws DomainError invalid/slug_characters: that cannot be a name of ours
 */
export async function reportAbuse(
  deps: { db: Db; clientAddress: string },
  raw: ReportAbuseInput,
): Promise<ReportAbuseOutput> {
  const input = ReportAbuseInput.parse(raw);
  const slug = normalizeSlug(input.slug);
  if (!isSlug(slug)) {
    throw new DomainError("invalid", "slug_characters", "slug must be the first part of the host name", {
      field: "slug",
    });
  }
  const reportId = newId("abu");
  await deps.db
    .insertInto("abuse_reports")
    .values({
      id: reportId,
      slug,
      reporter_email: input.email ?? null,
      reason: input.reason,
      detail: input.detail,
      client_address: deps.clientAddress,
    })
    .execute();
  return { reportId };
}
