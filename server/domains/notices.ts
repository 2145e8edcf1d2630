import * as z from "zod";
import type { ApiConfig } from "../config.ts";
import { dayInWords, type NoticeDeps, sendNotice } from "../dunning/index.ts";
import { defineTask, type Task } from "../jobs/index.ts";
import { selectDomains } from "./internal.ts";
import { wantedRecords } from "./records.ts";

export interface DomainNoticeDeps extends NoticeDeps {
  readonly config: ApiConfig;
  readonly now?: () => Date;
}

/** A renewal begins weeks before it must be done: one failure is the CA's mood, so many in a row need somebody to look. */
const FAILURES_TO_TELL = 3;
/** Longer ago than that is no news any more. */
const NEWS_MS = 30 * 86_400_000;

/**
 * Mails owners and admins of custom domains that lapsed, and of those whose certificate cannot be renewed: once for each
 * time that it happens. Safe to repeat, from several portals.
 *
 * @returns mails sent
 * @throws AggregateError of those that could not be sent, after all had their turn
 */
export async function sendDomainNotices(deps: DomainNoticeDeps): Promise<number> {
  const now = deps.now?.() ?? new Date();
  const [lapsed, failing] = await Promise.all([findLapsed(deps, now), findFailing(deps)]);
  const failures: unknown[] = [];
  let sent = 0;
  for (const send of [
    ...lapsed.map((row) => () => tellLapsed(deps, row)),
    ...failing.map((row) => () => tellFailing(deps, row, now)),
  ]) {
    try {
      sent += await send();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} mails about domains failed`);
  return sent;
}

/** Looks every five minutes who is to be told. */
export function domainNoticesTask(deps: DomainNoticeDeps): Task<object> {
  return defineTask({
    name: "domain_notices",
    payload: z.object({}),
    cron: "*/5 * * * *",
    // The next round is a new try.
    maxAttempts: 1,
    async run() {
      const mails = await sendDomainNotices(deps);
      return mails > 0 ? { mails } : undefined;
    },
  });
}

type Row = Awaited<ReturnType<typeof findLapsed>>[number];

function findLapsed({ db }: DomainNoticeDeps, now: Date) {
  return selectDomains(db)
    .where("custom_domains.state", "=", "lapsed")
    .where("custom_domains.proven_at", ">", new Date(now.getTime() - NEWS_MS))
    .execute();
}

/** The operator's own certificates are nobody's: their failures are in the log. */
function findFailing({ db }: DomainNoticeDeps) {
  return selectDomains(db)
    .select(["certificates.issued_at", "certificates.failures as certificate_failures"])
    .where("custom_domains.held_since", "is not", null)
    .where("certificates.issued_at", "is not", null)
    .where("certificates.failures", ">=", FAILURES_TO_TELL)
    .execute();
}

/** The last proof names the episode: with the next one it is over. */
function tellLapsed(deps: DomainNoticeDeps, row: Row): Promise<number> {
  const subject = `${row.id}:${row.proven_at?.toISOString()}`;
  const { proof } = wantedRecords(row, deps.config);
  return sendNotice(deps, { tenantId: row.tenant_id, kind: "domain_lapsed", subject }, (accountName) => ({
    kind: "domain_lapsed",
    accountName,
    host: row.host,
    recordName: proof.name,
    recordValue: proof.value,
    domainUrl: pageOf(deps, row),
  }));
}

/** The certificate that serves names the episode: with a new one it is over. */
function tellFailing(
  deps: DomainNoticeDeps,
  row: Row & { issued_at: Date | null },
  now: Date,
): Promise<number> {
  const endsAt = row.not_after ?? now;
  const subject = `${row.id}:${row.issued_at?.toISOString()}`;
  return sendNotice(
    deps,
    { tenantId: row.tenant_id, kind: "certificate_failing", subject },
    (accountName) => ({
      kind: "certificate_failing",
      accountName,
      host: row.host,
      endsOn: dayInWords(endsAt),
      hasEnded: endsAt <= now,
      error: row.certificate_error ?? "the certificate authority gave no reason",
      domainUrl: pageOf(deps, row),
    }),
  );
}

function pageOf({ portalUrl }: DomainNoticeDeps, { slug, id }: Row): string {
  return `${portalUrl}/endpoints/${slug}/domains/${id}`;
}
