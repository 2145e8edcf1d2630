import { sql } from "kysely";
import { type IngressRule, isCloudflareError } from "../../cloudflare/index.ts";
import { HubFailure } from "./failure.ts";
import { lockStanding, type Standing } from "./standing.ts";
import type { StepContext } from "./step-context.ts";

/** Every name leads to its service, everything else to a 404. */
export function ingressOf({ hub, hostnames }: Pick<Standing, "hub" | "hostnames">): IngressRule[] {
  return [
    ...hostnames
      .filter(({ wanted }) => wanted)
      .map(({ host, service_url }) => ({ hostname: host, service: service_url ?? hub.service_url })),
    { service: "http_status:404" },
  ];
}

/** Writes the tunnel's rules, all of them. Only the holder of the hub's lock does, so no two writes cross. */
export async function setIngress(context: StepContext): Promise<void> {
  const { db, hub, cloudflare } = context;
  const rules = ingressOf(context);
  try {
    await cloudflare.tunnels.setIngress(hub.tunnel_id!, rules);
  } catch (error) {
    if (!isCloudflareError(error) || error.status !== 404) throw error;
    await db
      .updateTable("hubs")
      .set({ tunnel_id: null, sealed_tunnel_token: null })
      .where("id", "=", hub.id)
      .execute();
    // Records lead to the tunnel that is gone.
    await db
      .updateTable("hub_hostnames")
      .set({ dns_record_id: null })
      .where("hub_pk", "=", hub.id)
      .where("removed_at", "is", null)
      .execute();
    throw new HubFailure("tunnel_gone", "The tunnel was removed at Cloudflare; another one is made", {
      cause: error,
    });
  }
  await db.transaction().execute(async (tx) => {
    const now = await lockStanding(tx, hub.id);
    // Something else was wished for meanwhile: the step comes again.
    if (!now || JSON.stringify(ingressOf(now)) !== JSON.stringify(rules)) return;
    await tx.updateTable("hubs").set({ ingress_set_at: sql<Date>`now()` }).where("id", "=", hub.id).execute();
  });
}
