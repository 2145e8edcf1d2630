import { join } from "node:path";
import { type HubSettings, hubRunDir } from "./state.ts";

/** The file that only cloudflareds of this hub are started with: its token, or where it serves with its own account. */
export function tunnelFile(dir: string, { hubId, mode }: Pick<HubSettings, "hubId" | "mode">): string {
  return join(hubRunDir(dir, hubId), mode === "managed" ? "token" : "config.yml");
}

/** What cloudflared shows to Cloudflare for a tunnel of the customer's own account. */
export function credentialsFile(dir: string, hubId: string): string {
  return join(hubRunDir(dir, hubId), "credentials.json");
}
