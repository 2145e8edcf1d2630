import { sql } from "kysely";
import * as z from "zod";
import type { Db } from "../../../db/client.ts";
import { openIncident } from "../incidents.ts";
import type { SpecialHandler } from "./types.ts";

const MeterErrors = z.looseObject({
  developer_message_summary: z.string().nullish(),
  validation_start: z.string().nullish(),
  validation_end: z.string().nullish(),
  reason: z.looseObject({
    error_count: z.number(),
    error_types: z.array(
      z.looseObject({
        code: z.string(),
        error_count: z.number(),
        sample_errors: z
          .array(
            z.looseObject({
              error_message: z.string().nullish(),
              request: z.looseObject({ identifier: z.string().nullish() }).nullish(),
            }),
          )
          .nullish(),
      }),
    ),
  }),
});

/**
 * Stripe accepted usage and refused it afterwards. Only samples are named: those of our pushes are marked, and the
 * incident tells how many there were. The next push of a period says its whole total again, so nothing is lost as long
 * as the cause goes away before the invoice.
 */
export const noteMeterErrors: SpecialHandler = async ({ db, stripe, log }, { id, tenantId }) => {
  const event = await stripe.v2.core.events.retrieve(id);
  const { reason, ...facts } = MeterErrors.parse(Reflect.get(event, "data"));
  const tenants = new Set<string>();
  const identifiers: string[] = [];
  for (const { code, sample_errors } of reason.error_types) {
    for (const { error_message, request } of sample_errors ?? []) {
      const identifier = request?.identifier;
      if (!identifier) continue;
      identifiers.push(identifier);
      const owner = await rejectPush(db, identifier, `${code}: ${error_message ?? ""}`);
      if (owner !== null) tenants.add(owner);
    }
  }
  await openIncident(db, log, {
    tenantId: tenants.size === 1 ? [...tenants][0]! : tenantId,
    kind: "meter_errors",
    objectId: id,
    detail: {
      errors: reason.error_count,
      codes: Object.fromEntries(reason.error_types.map(({ code, error_count }) => [code, error_count])),
      identifiers: identifiers.slice(0, 50),
      tenants: [...tenants],
      summary: facts.developer_message_summary ?? null,
      from: facts.validation_start ?? null,
      to: facts.validation_end ?? null,
    },
  });
};

/** @returns whose push it was; null when it is none of ours */
async function rejectPush(db: Db, identifier: string, error: string): Promise<string | null> {
  const push = await db
    .updateTable("meter_pushes")
    .set({ state: "rejected", error: error.slice(0, 500), settled_at: sql`coalesce(settled_at, now())` })
    .where("identifier", "=", identifier)
    .returning("tenant_id")
    .executeTakeFirst();
  return push?.tenant_id ?? null;
}
