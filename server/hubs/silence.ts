import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { SILENT } from "./banner.ts";
import type { HubSettings } from "./deps.ts";
import { notifyHub, recordHubEvent } from "./internal.ts";

/** Hubs that are to be up and have said nothing for too long are in error, until they report again. @returns how many are newly so */
export async function noteSilentHubs(
  db: Db,
  { silentSeconds }: Pick<HubSettings, "silentSeconds">,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const reason = `${SILENT} for ${Math.round(silentSeconds / 60)} minutes`;
    const rows = await tx
      .updateTable("hubs")
      .set({ health: "error", health_reason: reason })
      .where((eb) => eb.or([eb("state", "=", "on"), eb("mode", "=", "self_hosted")]))
      .where("removed_at", "is", null)
      .where("last_report_at", "<", sql<Date>`now() - make_interval(secs => ${silentSeconds})`)
      .where((eb) => eb.or([eb("health_reason", "is", null), eb("health_reason", "not like", `${SILENT}%`)]))
      .returning(["id", "tenant_id", "hub_id"])
      .execute();
    for (const hub of rows) {
      await recordHubEvent(tx, hub, { kind: "health", name: "error", outcome: "failed", message: reason });
      await notifyHub(tx, hub);
    }
    return rows.length;
  });
}

/** How long the history of a hub is kept. */
const HISTORY_DAYS = 180;

/** @returns how many events were forgotten */
export async function purgeHubEvents(db: Db): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("hub_events")
    .where("at", "<", sql<Date>`now() - make_interval(days => ${HISTORY_DAYS})`)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
