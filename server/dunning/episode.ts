import type { Db } from "../../db/client.ts";
import type { Mail } from "../mail/index.ts";
import { planOf } from "../plans.ts";
import { noticeDue } from "./notice-due.ts";
import { type NoticeDeps, sendNotice } from "./send-notice.ts";
import { dayInWords, moneyInWords } from "./words.ts";

/**
 * Sends what is due in a tenant's present episode of non-payment, or, when it is over, that service is back.
 * @returns how many mails were sent
 */
export async function sendEpisodeNotices(deps: NoticeDeps, tenantId: string, now: Date): Promise<number> {
  const { db, portalUrl } = deps;
  const settings = await db
    .selectFrom("tenant_settings")
    .select(["plan", "billing_state", "grace_ends_at"])
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  if (!settings) return 0;
  const billingUrl = `${portalUrl}/billing`;
  const isServed = settings.billing_state === "ok" && settings.grace_ends_at === null;
  if (isServed) {
    const planTitle = planOf(settings.plan).title;
    let mails = 0;
    for (const subject of await listPausesNotEnded(db, tenantId)) {
      mails += await sendNotice(deps, { tenantId, kind: "service_back", subject }, (accountName) => ({
        kind: "service_back",
        accountName,
        planTitle,
        billingUrl,
      }));
    }
    return mails;
  }

  const subscription = await findUnpaidSubscription(db, tenantId);
  const graceEndsAt = settings.grace_ends_at;
  const since = subscription?.past_due_since ?? graceEndsAt ?? subscription?.current_period_end;
  // Set by hand, without a subscription: whoever did it tells why.
  if (!since) return 0;
  const kind = noticeDue({ now, billingState: settings.billing_state, since, graceEndsAt });
  // An episode begins with a failure: when it is over and another begins, there are mails again. A pause that lasts is
  // told once, whatever Stripe calls the subscription meanwhile.
  const [pause] = kind === "service_paused" ? await listPausesNotEnded(db, tenantId) : [];
  const episode = pause ?? `${subscription?.id ?? tenantId}@${Math.floor(since.getTime() / 1_000)}`;
  const amount = await findOpenAmount(db, tenantId);
  return sendNotice(deps, { tenantId, kind, subject: episode }, (accountName): Mail => {
    const facts = { accountName, amount, billingUrl };
    if (kind === "service_paused") return { kind, ...facts };
    return { kind, ...facts, graceEndsOn: dayInWords(graceEndsAt ?? now) };
  });
}

/** Episodes whose pause was told and whose end was not. */
async function listPausesNotEnded(db: Db, tenantId: string): Promise<string[]> {
  const rows = await db
    .selectFrom("billing_notices as paused")
    .select("paused.subject")
    .where("paused.tenant_id", "=", tenantId)
    .where("paused.kind", "=", "service_paused")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("billing_notices as back")
            .select("back.kind")
            .whereRef("back.tenant_id", "=", "paused.tenant_id")
            .whereRef("back.subject", "=", "paused.subject")
            .where("back.kind", "=", "service_back"),
        ),
      ),
    )
    .execute();
  return [...new Set(rows.map(({ subject }) => subject.slice(0, subject.lastIndexOf("#"))))];
}

async function findUnpaidSubscription(db: Db, tenantId: string) {
  return db
    .selectFrom("subscriptions")
    .select(["id", "past_due_since", "current_period_end"])
    .where("tenant_id", "=", tenantId)
    .where("status", "in", ["past_due", "unpaid", "paused"])
    .orderBy("created_at", "desc")
    .executeTakeFirst();
}

/** The oldest invoice that waits to be paid; null when there is none. */
async function findOpenAmount(db: Db, tenantId: string): Promise<string | null> {
  const invoice = await db
    .selectFrom("invoices")
    .select(["amount_due_cents", "amount_paid_cents", "currency"])
    .where("tenant_id", "=", tenantId)
    .where("status", "=", "open")
    .orderBy("created_at")
    .executeTakeFirst();
  return invoice
    ? moneyInWords(invoice.amount_due_cents - invoice.amount_paid_cents, invoice.currency)
    : null;
}
