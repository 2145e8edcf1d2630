import { codes, isCloudflareError } from "../../cloudflare/index.ts";
import { secretPlace } from "../secrets.ts";
import { HubFailure } from "./failure.ts";
import type { StepContext } from "./step-context.ts";

/** Makes the tunnel, or adopts the one of its name that a try before made, and keeps its run token. */
export async function makeTunnel(context: StepContext): Promise<void> {
  const { db, hub, vault, cloudflare } = context;
  const tunnelId = hub.tunnel_id ?? (await createOrAdopt(context));
  await db.updateTable("hubs").set({ tunnel_id: tunnelId }).where("id", "=", hub.id).execute();
  let token: string;
  try {
    token = await cloudflare.tunnels.token(tunnelId);
  } catch (error) {
    if (!isCloudflareError(error) || error.status !== 404) throw error;
    await db.updateTable("hubs").set({ tunnel_id: null }).where("id", "=", hub.id).execute();
    throw new HubFailure("tunnel_gone", "The tunnel was removed at Cloudflare; another one is made", {
      cause: error,
    });
  }
  await db
    .updateTable("hubs")
    .set({ sealed_tunnel_token: await vault.seal(db, secretPlace.tunnelToken(hub), token) })
    .where("id", "=", hub.id)
    .execute();
}

async function createOrAdopt({ hub, cloudflare }: StepContext): Promise<string> {
  const name = hub.tunnel_name!;
  try {
    return (await cloudflare.tunnels.create(name)).id;
  } catch (error) {
    // Made before, and the answer was lost.
    if (!isCloudflareError(error, codes.tunnelNameTaken)) throw error;
    const found = await cloudflare.tunnels.find(name);
    if (!found) throw error;
    return found.id;
  }
}
