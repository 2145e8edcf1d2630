import type { Stripe } from "stripe";
import type { Db } from "../../../db/client.ts";
import { openIncident, resolveIncident } from "../incidents.ts";
import type { SpecialHandler } from "./types.ts";

const closedStatuses = new Set(["won", "lost", "warning_closed", "prevented"]);

/** A customer took money back through their bank: there is a day until which it can be answered. */
export const noteDispute: SpecialHandler = async ({ db, stripe, log }, { object_id }) => {
  const dispute = await stripe.disputes.retrieve(object_id, { expand: ["charge"] });
  const { evidence_details, reason, status, amount, currency, charge } = dispute;
  const dueBy = evidence_details.due_by;
  await openIncident(db, log, {
    tenantId: await findTenantOfCharge(db, charge),
    kind: "dispute",
    objectId: dispute.id,
    detail: {
      amountCents: amount,
      currency,
      reason,
      status,
      chargeId: idOf(charge),
      evidenceDueAt: dueBy ? new Date(dueBy * 1_000).toISOString() : null,
    },
  });
  if (closedStatuses.has(status)) await resolveIncident(db, { kind: "dispute", objectId: dispute.id });
};

/** Money went back; whether the plan should end too is for a person to say. */
export const noteRefund: SpecialHandler = async ({ db, stripe, log }, { object_id }) => {
  const charge = await stripe.charges.retrieve(object_id);
  if (charge.amount_refunded === 0) return;
  await openIncident(db, log, {
    tenantId: await findTenantOfCharge(db, charge),
    kind: "refund",
    objectId: charge.id,
    detail: {
      amountCents: charge.amount,
      refundedCents: charge.amount_refunded,
      currency: charge.currency,
    },
  });
};

async function findTenantOfCharge(db: Db, charge: string | Stripe.Charge): Promise<string | null> {
  if (typeof charge === "string" || charge.customer === null) return null;
  const row = await db
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .where("stripe_customer_id", "=", idOf(charge.customer))
    .executeTakeFirst();
  return row?.tenant_id ?? null;
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === "string" ? reference : reference.id;
}
