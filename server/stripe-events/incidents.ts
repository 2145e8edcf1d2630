import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { newId } from "../ids.ts";

export interface Incident {
  /** null when it belongs to no tenant that we know. */
  readonly tenantId: string | null;
  readonly kind: "dispute" | "refund" | "finalization_failed" | "customer_deleted" | "meter_errors";
  readonly objectId: string;
  /** Plain values for a person. */
  readonly detail: object;
}

export interface IncidentLog {
  error(fields: object, message: string): void;
}

/** Notes something that a person has to look at, and says so in the log, once. Again: its details are brought up to date. */
export async function openIncident(db: Db, log: IncidentLog, incident: Incident): Promise<void> {
  const { tenantId, kind, objectId, detail } = incident;
  const { isNew } = await db
    .insertInto("billing_incidents")
    .values({
      id: newId("inc"),
      tenant_id: tenantId,
      kind,
      object_id: objectId,
      detail: JSON.stringify(detail),
    })
    .onConflict((conflict) =>
      conflict.columns(["kind", "object_id"]).doUpdateSet((eb) => ({
        detail: eb.ref("excluded.detail"),
        tenant_id: eb.fn.coalesce("excluded.tenant_id", "billing_incidents.tenant_id"),
      })),
    )
    .returning(sql<boolean>`xmax = 0`.as("isNew"))
    .executeTakeFirstOrThrow();
  if (isNew) log.error({ kind, objectId, tenantId, detail }, "billing incident");
}

/** Marks an incident as over; nothing happens when there was none. */
export async function resolveIncident(
  db: Db,
  { kind, objectId }: Pick<Incident, "kind" | "objectId">,
): Promise<void> {
  await db
    .updateTable("billing_incidents")
    .set({ resolved_at: sql`now()` })
    .where("kind", "=", kind)
    .where("object_id", "=", objectId)
    .where("resolved_at", "is", null)
    .execute();
}

export async function hasOpenIncident(
  db: Db,
  { kind, objectId }: Pick<Incident, "kind" | "objectId">,
): Promise<boolean> {
  const row = await db
    .selectFrom("billing_incidents")
    .select("id")
    .where("kind", "=", kind)
    .where("object_id", "=", objectId)
    .where("resolved_at", "is", null)
    .executeTakeFirst();
  return row !== undefined;
}
