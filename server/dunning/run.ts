import { sql } from "kysely";
import { type Db, inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { notifyChange } from "../events.ts";
import { sendEpisodeNotices } from "./episode.ts";
import type { NoticeDeps } from "./send-notice.ts";

export interface DunningDeps extends NoticeDeps {
  readonly now?: () => Date;
}

/**
 * Brings one tenant to where the clock says it is: pauses it when its days of grace are over, and sends the mail that is
 * due. Safe to repeat. Who is suspended by an operator stays so, whatever is paid.
 *
 * @returns whether it was paused now, and how many mails were sent
 */
export async function runDunning(
  deps: DunningDeps,
  tenantId: string,
): Promise<{ paused: boolean; mails: number }> {
  const now = deps.now?.() ?? new Date();
  const paused = await pauseWhenGraceIsOver(deps.db, tenantId, now);
  return { paused, mails: await sendEpisodeNotices(deps, tenantId, now) };
}

/**
 * {@link runDunning} for every tenant for whom something may be due.
 * @throws AggregateError of those that failed, after all had their turn
 */
export async function runAllDunning(deps: DunningDeps): Promise<{ paused: number; mails: number }> {
  const sum = { paused: 0, mails: 0 };
  const failures: unknown[] = [];
  for (const tenantId of await listTenantsInDunning(deps.db)) {
    try {
      const { paused, mails } = await runDunning(deps, tenantId);
      sum.paused += Number(paused);
      sum.mails += mails;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `dunning failed for ${failures.length} accounts`);
  return sum;
}

/** The end of grace is only ever set while a payment is missing, so it needs no look at the subscription. */
async function pauseWhenGraceIsOver(db: Db, tenantId: string, now: Date): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const changed = await tx
      .updateTable("tenant_settings")
      .set({ billing_state: "unpaid" })
      .where("tenant_id", "=", tenantId)
      .where("billing_state", "=", "ok")
      .where("grace_ends_at", "<=", now)
      .returning("grace_ends_at")
      .executeTakeFirst();
    if (!changed) return false;
    await recordAudit(
      tx,
      { tenantId, userId: null, requestId: "dunning" },
      {
        action: "tenant.unpaid",
        subject: tenantId,
        detail: { graceEndedAt: changed.grace_ends_at?.toISOString() },
      },
    );
    await notifyChange(tx, { type: "tenant", tenantId });
    return true;
  });
}

/** In grace, unpaid, or back and not told so yet. */
async function listTenantsInDunning(db: Db): Promise<string[]> {
  const { rows } = await sql<{ tenant_id: string }>`
    select tenant_id from tenant_settings where grace_ends_at is not null or billing_state = 'unpaid'
    union
    select tenant_id from billing_notices as paused where kind = 'service_paused' and not exists (
      select from billing_notices as back
      where back.tenant_id = paused.tenant_id and back.kind = 'service_back' and back.subject = paused.subject
    )
    order by tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
}
