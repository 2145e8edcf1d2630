import type { Tx } from "../../../db/client.ts";
import { recordAudit } from "../../audit/index.ts";
import { type Standing, type StandingSubscription, standingOf } from "../../dunning/index.ts";
import { notifyChange } from "../../events.ts";
import { planOf } from "../../plans.ts";

/**
 * Gives a tenant what its subscription grants: plan, service, license. Writes and tells relays only when something
 * differs. The license key stays the same; devices beyond a smaller limit are refused at their next activation, and
 * endpoints and keys beyond it stay, but no new ones can be made.
 *
 * @param subscription the one that counts; null: none
 * @returns the standing, and whether it is new
 */
export async function applyStanding(
  tx: Tx,
  input: {
    readonly tenantId: string;
    readonly subscription: StandingSubscription | null;
    readonly now: Date;
    readonly graceDays: number;
    readonly requestId: string;
  },
): Promise<Standing & { changed: boolean }> {
  const { tenantId, subscription, now, graceDays, requestId } = input;
  const present = await tx
    .selectFrom("tenant_settings")
    .select(["plan", "plan_source", "billing_state", "grace_ends_at"])
    .where("tenant_id", "=", tenantId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const standing = standingOf(subscription, {
    now,
    graceDays,
    planSource: present.plan_source,
    present: {
      plan: present.plan,
      billingState: present.billing_state,
      graceEndsAt: present.grace_ends_at,
    },
  });
  const { devices } = planOf(standing.plan);
  const license = await tx
    .updateTable("licenses")
    .set({ plan: standing.plan, device_limit: devices })
    .where("tenant_id", "=", tenantId)
    .where("status", "=", "active")
    .where((eb) => eb.or([eb("plan", "!=", standing.plan), eb("device_limit", "!=", devices)]))
    .returning("id")
    .executeTakeFirst();
  const changed =
    standing.plan !== present.plan ||
    standing.planSource !== present.plan_source ||
    standing.billingState !== present.billing_state ||
    standing.graceEndsAt?.getTime() !== present.grace_ends_at?.getTime();
  if (changed) {
    await tx
      .updateTable("tenant_settings")
      .set({
        plan: standing.plan,
        plan_source: standing.planSource,
        billing_state: standing.billingState,
        grace_ends_at: standing.graceEndsAt,
      })
      .where("tenant_id", "=", tenantId)
      .execute();
    await recordAudit(
      tx,
      { tenantId, userId: null, requestId },
      {
        action: "billing.standing",
        subject: tenantId,
        detail: {
          plan: standing.plan,
          source: standing.planSource,
          state: standing.billingState,
          graceEndsAt: standing.graceEndsAt?.toISOString() ?? null,
          before: { plan: present.plan, source: present.plan_source, state: present.billing_state },
        },
      },
    );
  }
  if (changed || license) await notifyChange(tx, { type: "tenant", tenantId });
  return { ...standing, changed };
}
