import { ExitCode, ExitError, usageError } from "../exit.ts";
import type { HubContext } from "../hub/context.ts";
import { DEFAULT_SERVICE_URL, type HubOptions, newHubId } from "../hub/options.ts";
import { CloudflareError, CloudflareUnreachableError } from "../hub/self-hosted/cloudflare.ts";
import { SelfHostedHub } from "../hub/self-hosted/hub.ts";
import { checkAccount } from "../hub/self-hosted/preconditions.ts";
import { removeAll } from "../hub/self-hosted/provision.ts";
import { type HubSettings, loadHubSettings, type SelfHostedSettings, saveHubSettings } from "../hub/state.ts";
import { PortalClient } from "../portal/client.ts";
import type { CommandContext } from "./context.ts";
import { ended } from "./hub-end.ts";
import { withHub } from "./hub-process.ts";

/**
 * `hub enable --self-hosted`: a tunnel in the customer's own Cloudflare account, served until a stop. The portal makes
 * nothing; it shows how the hub is.
 * @throws ExitError usage: preconditions that are not met, by name; PortalError, PortalUnreachableError
 */
export function enableSelfHosted(
  options: HubOptions,
  said: SelfHostedSettings,
  context: CommandContext,
): Promise<ExitCode> {
  const hubId = newHubId(options);
  return withHub({ ...options, hubId }, context, async (hub) => {
    const stored = loadHubSettings(options.dir, hubId);
    if (stored?.mode === "managed" && stored.enabled) {
      throw usageError(
        `${hubId} is on with Managed Cloudflare. \`hotspot hub disable\` first, or give another --hub-id.`,
      );
    }
    const settings = await register(hubId, stored?.mode === "self_hosted" ? stored : null, said, hub);
    saveHubSettings(options.dir, settings);
    return serveSelfHosted(settings, hub, true);
  });
}

/** @param strict a precondition that is not met ends it */
export async function serveSelfHosted(
  settings: HubSettings,
  hub: HubContext,
  strict: boolean,
): Promise<ExitCode> {
  return ended(await new SelfHostedHub(settings, hub).serve(strict), settings, hub);
}

async function register(
  hubId: string,
  stored: HubSettings | null,
  said: SelfHostedSettings,
  { options }: HubContext,
): Promise<HubSettings> {
  const { portal, credential, deviceId, network } = options;
  const serviceUrl = options.serviceUrl ?? stored?.serviceUrl ?? DEFAULT_SERVICE_URL;
  const known = stored?.selfHosted ?? null;
  const settings: Omit<HubSettings, "accountId" | "hubToken"> = {
    ...{ mode: "self_hosted", portalUrl: portal, hubId, serviceUrl, enabled: true },
    ...{
      hostname: null,
      tunnelId: null,
      tunnelToken: null,
      bucket: null,
      backupPassword: null,
      backup: null,
    },
    note: null,
    cloudflared: options.cloudflared ?? stored?.cloudflared ?? null,
    selfHosted: {
      accountId: said.accountId ?? known?.accountId ?? null,
      tokenFile: said.tokenFile ?? known?.tokenFile ?? null,
      domain: said.domain ?? known?.domain ?? null,
      hostname: said.hostname ?? known?.hostname ?? null,
    },
  };
  if (options.hubToken !== null) {
    return { ...settings, accountId: options.accountId ?? "", hubToken: options.hubToken };
  }
  if (credential === null) {
    throw usageError(
      "Give --license-key with the key from the portal's license page, or --hub-token - with the hub's, or run `hotspot login`.",
    );
  }
  const client = new PortalClient({ portal, credential, deviceId, network });
  const registered = await client.registerHub({ hubId, mode: "self_hosted", serviceUrl });
  return { ...settings, ...registered };
}

/**
 * Takes the record and the tunnel of a hub out of its owner's account.
 * @returns what became of it, for people
 * @throws ExitError: Cloudflare could not be asked, or said no
 */
export async function removeSelfHosted(
  { hubId, selfHosted, tunnelId }: HubSettings,
  options: HubOptions,
): Promise<string> {
  const left = "What is left at Cloudflare is the tunnel and the DNS record with the comment";
  const { hostname, domain } = selfHosted ?? {};
  if (tunnelId === null || !selfHosted || !hostname || !domain) return "Nothing had been made at Cloudflare.";
  try {
    const { cloudflare, problem } = await checkAccount(selfHosted, options);
    if (cloudflare === null) return `${problem} ${left} hotspot:${hubId}.`;
    const zoneId = await cloudflare.findZone(domain);
    if (zoneId === null) return `The zone ${domain} was not found. ${left} hotspot:${hubId}.`;
    await removeAll(cloudflare, { zoneId, hostname, hubId });
    return "Its tunnel and its DNS record are gone from Cloudflare.";
  } catch (error) {
    if (!(error instanceof CloudflareError || error instanceof CloudflareUnreachableError)) throw error;
    throw new ExitError(
      ExitCode.unreachable,
      `The tunnel is stopped, but not all of it could be removed: ${error.message}. Run \`hotspot hub disable\` again.`,
    );
  }
}
