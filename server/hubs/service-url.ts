import { sql } from "kysely";
import type { Tx } from "../../db/client.ts";
import type { HubRow } from "./internal.ts";
import { wakeHub } from "./task-kinds.ts";

/** As it goes into an ingress rule: without a slash at the end. */
export function normalizeServiceUrl(url: string): string {
  return url.replace(/\/$/, "");
}

/** Lets a hub's tunnel lead to another service; one that is up follows within seconds. */
export async function leadElsewhere(
  tx: Tx,
  hub: Pick<HubRow, "id" | "state" | "service_url">,
  serviceUrl: string,
): Promise<void> {
  const service = normalizeServiceUrl(serviceUrl);
  if (service === hub.service_url) return;
  const isUp = hub.state === "on" || hub.state === "provisioning";
  await tx
    .updateTable("hubs")
    .set({ service_url: service, ingress_set_at: null, ...(isUp && { next_try_at: sql<Date>`now()` }) })
    .where("id", "=", hub.id)
    .execute();
  if (isUp) await wakeHub(tx, hub.id);
}
