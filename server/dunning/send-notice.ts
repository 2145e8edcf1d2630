import { type Db, inTransaction } from "../../db/client.ts";
import type { Mail, Mailer } from "../mail/index.ts";

export interface NoticeDeps {
  readonly db: Db;
  readonly mailer: Mailer;
  /** Origin, no trailing slash. */
  readonly portalUrl: string;
}

/** What a mail about money is remembered by: of one kind and subject each person gets one. */
export interface NoticeKey {
  readonly tenantId: string;
  readonly kind: string;
  /** What it is about, e.g. an invoice id. */
  readonly subject: string;
}

/**
 * Sends a mail about money to the owners and admins of a tenant, once for each, however often and from however many
 * portals it is asked. The note that it was sent is kept with the sending: a crash between may repeat a mail, and never
 * loses one.
 *
 * @returns how many were sent now
 * @throws when a mail cannot be sent: to be tried again, without those who have it
 */
export async function sendNotice(
  { db, mailer }: NoticeDeps,
  { tenantId, kind, subject }: NoticeKey,
  mail: (accountName: string) => Mail,
): Promise<number> {
  let sent = 0;
  for (const { userId, email, accountName } of await receiversOf(db, tenantId)) {
    await inTransaction(db, async (tx) => {
      const isMine = await tx
        .insertInto("billing_notices")
        .values({ tenant_id: tenantId, kind, subject: `${subject}#${userId}` })
        .onConflict((conflict) => conflict.doNothing())
        .returning("kind")
        .executeTakeFirst();
      if (!isMine) return;
      if ((await mailer.send(email, mail(accountName))) === "failed")
        throw new Error(`the mail ${kind} could not be sent`);
      sent++;
    });
  }
  return sent;
}

/** Who looks after the money of a tenant. */
async function receiversOf(db: Db, tenantId: string) {
  const members = await db
    .selectFrom("member")
    .innerJoin("user", "user.id", "member.userId")
    .innerJoin("organization", "organization.id", "member.organizationId")
    .select(["user.id as userId", "user.email", "member.role", "organization.name as accountName"])
    .where("member.organizationId", "=", tenantId)
    .orderBy("member.createdAt")
    .execute();
  return members.filter(({ role }) => role.split(",").some((name) => /^(?:owner|admin)$/.test(name.trim())));
}
