import { StripeError } from "../core/errors.ts";
import type { Charge, Dispute } from "../core/payment-objects.ts";
import type { World } from "../world.ts";

/** The bank of a customer takes a payment back. @throws StripeError 400 when it is disputed already */
export function openDispute(world: World, charge: Charge, reason: string): Dispute {
  if (charge.disputed) throw new StripeError(400, `Charge ${charge.id} is disputed already.`);
  const now = world.now(charge.customer);
  charge.disputed = true;
  const dispute = world.state.disputes.add({
    id: world.id("du"),
    object: "dispute",
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    evidence: {},
    evidence_details: { due_by: now + 9 * 86_400, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: "needs_response",
  });
  world.emit("charge.dispute.created", dispute);
  world.emit("charge.dispute.funds_withdrawn", dispute);
  return dispute;
}

/** The bank decides. */
export function closeDispute(world: World, dispute: Dispute, status: "won" | "lost"): Dispute {
  if (dispute.status === "won" || dispute.status === "lost") {
    throw new StripeError(400, `Dispute ${dispute.id} is closed already.`);
  }
  const before = dispute.status;
  dispute.status = status;
  if (status === "won") world.emit("charge.dispute.funds_reinstated", dispute);
  world.emit("charge.dispute.closed", dispute, { status: before });
  return dispute;
}
