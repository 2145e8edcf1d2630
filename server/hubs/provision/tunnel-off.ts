import { randomBytes } from "node:crypto";
import { codes, isCloudflareError } from "../../cloudflare/index.ts";
import { HubFailure } from "./failure.ts";
import type { StepContext } from "./step-context.ts";

const SECRET_BYTES = 32;

/**
 * Cuts whoever runs the tunnel. A cloudflared that still runs connects again at once, so the secret is changed first: its run token
 * opens nothing any more.
 */
export async function cutTunnel({ db, hub, cloudflare }: StepContext): Promise<void> {
  let id = hub.tunnel_id;
  if (id === null) {
    // It may have been made, and its id lost.
    id = (await cloudflare.tunnels.find(hub.tunnel_name!))?.id ?? null;
    if (id === null) {
      await db.updateTable("hubs").set({ tunnel_name: null }).where("id", "=", hub.id).execute();
      return;
    }
    await db.updateTable("hubs").set({ tunnel_id: id }).where("id", "=", hub.id).execute();
  }
  try {
    await cloudflare.tunnels.setSecret(id, randomBytes(SECRET_BYTES));
    await cloudflare.tunnels.cutConnections(id);
  } catch (error) {
    // Removed at Cloudflare: the next step finds it gone.
    if (!isCloudflareError(error) || error.status !== 404) throw error;
  }
  await db.updateTable("hubs").set({ sealed_tunnel_token: null }).where("id", "=", hub.id).execute();
}

/** Removes the tunnel. Connections that were just cut may still be counted for a moment. */
export async function removeTunnel({ db, hub, cloudflare }: StepContext): Promise<void> {
  try {
    await cloudflare.tunnels.remove(hub.tunnel_id!);
  } catch (error) {
    if (!isCloudflareError(error, codes.tunnelHasConnections)) throw error;
    await cloudflare.tunnels.cutConnections(hub.tunnel_id!);
    throw new HubFailure("tunnel_connected", "The tunnel still has connections; they are being cut", {
      cause: error,
    });
  }
  await db
    .updateTable("hubs")
    .set({ tunnel_id: null, tunnel_name: null, ingress_set_at: null })
    .where("id", "=", hub.id)
    .execute();
}
