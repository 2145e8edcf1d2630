import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, usageError } from "../exit.ts";
import { configDir, saveCredentials } from "../options/config-dir.ts";
import type { Options } from "../options/connect-options.ts";
import { PortalClient } from "../portal/client.ts";
import { deviceLogin } from "../portal/device-login.ts";
import type { CommandContext } from "./context.ts";

/**
 * Stores an API key for this portal: one that is given, or a new one made after a login in the browser.
 * @throws ExitError, PortalError, PortalUnreachableError
 */
export async function login(
  options: Options,
  apiKey: string | null,
  context: CommandContext,
): Promise<ExitCode> {
  const { portal, deviceId, network } = options;
  if (apiKey !== null && !/^hs_api_[\x21-\x7e]{1,200}$/.test(apiKey)) {
    throw usageError(
      "That is not an API key: it starts with hs_api_ and is made on the portal's API key page.",
    );
  }
  const key = apiKey ?? (await keyByBrowser(options, context));
  const client = new PortalClient({ portal, deviceId, network, credential: { kind: "apiKey", apiKey: key } });
  const tenant = await client.currentTenant();
  const path = saveCredentials(configDir(context.env), { portal, apiKey: key });
  context.stdout(`Logged in to ${portal} as ${tenant.name}. The key is in ${path}.\n`);
  return ExitCode.stopped;
}

async function keyByBrowser(
  { portal, deviceId, network }: Options,
  context: CommandContext,
): Promise<string> {
  const token = await deviceLogin({
    client: new PortalClient({ portal, deviceId, network, credential: null }),
    show: ({ userCode, url }) =>
      context.stderr(`Open ${url} in a browser and confirm the code ${userCode}.\nWaiting...\n`),
    sleep: (ms) => sleep(ms),
    now: () => performance.now(),
  });
  const asUser = new PortalClient({
    portal,
    deviceId,
    network,
    credential: { kind: "apiKey", apiKey: token },
  });
  const { secret } = await asUser.createApiKey(`hotspot CLI on ${hostname()}`.slice(0, 80));
  return secret;
}
