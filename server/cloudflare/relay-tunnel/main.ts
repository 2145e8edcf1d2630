import { chmod, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createCloudflareClient } from "../client.ts";
import { readRelayTunnelEnv } from "./env.ts";
import { provisionRelayTunnel } from "./provision.ts";

/**
 * `npm run relay:tunnel [-- --relay URL] [--website URL] [--token-file PATH]`: one line for each thing at Cloudflare; exit code 1
 * when something could not be done.
 */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      relay: { type: "string" },
      website: { type: "string" },
      "token-file": { type: "string" },
    },
  });
  const env = readRelayTunnelEnv(process.env);
  const client = createCloudflareClient({ token: env.token, apiBase: env.apiBase });
  const wish = {
    ...env,
    relayService: values.relay ?? env.relayService,
    websiteService: values.website ?? env.portalService,
  };
  const token = await provisionRelayTunnel(client, wish, (did, what) => {
    console.log(`${did.padEnd(10)} ${what}`);
  });
  const path = values["token-file"];
  if (path === undefined) {
    console.log("run it again with --token-file PATH to get what cloudflared has to be run with");
    return;
  }
  // Whoever has it receives the tenants' traffic.
  await writeFile(path, token, { mode: 0o600 });
  // One that was there keeps its own mode otherwise.
  await chmod(path, 0o600);
  console.log(`written    ${path}; now: cloudflared tunnel --no-autoupdate run --token-file ${path}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
