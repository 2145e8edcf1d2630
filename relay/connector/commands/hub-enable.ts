import { planOf } from "../backup/options.ts";
import { ExitCode, usageError } from "../exit.ts";
import { cloudflaredAdvice, findCloudflared } from "../hub/cloudflared/find.ts";
import { type HubContext, portalOf } from "../hub/context.ts";
import { waitForEnrollment } from "../hub/enrollment.ts";
import { DEFAULT_SERVICE_URL, type HubOptions, newHubId } from "../hub/options.ts";
import { type HubSettings, loadHubSettings, saveHubSettings } from "../hub/state.ts";
import { PortalClient } from "../portal/client.ts";
import { isReadableForOthers } from "../portal/transport.ts";
import type { CommandContext } from "./context.ts";
import { withHub } from "./hub-process.ts";
import { serveManaged } from "./hub-run.ts";
import { enableSelfHosted } from "./hub-self-hosted.ts";

/**
 * `hub enable`: makes this machine a hub with Managed Cloudflare, and serves it until a stop.
 * @throws ExitError, PortalError, PortalUnreachableError
 */
export function enableHub(options: HubOptions, context: CommandContext): Promise<ExitCode> {
  if (options.selfHosted !== null) return enableSelfHosted(options, options.selfHosted, context);
  const hubId = newHubId(options);
  return withHub({ ...options, hubId }, context, async (hub) => {
    const stored = loadHubSettings(options.dir, hubId);
    if (stored?.mode === "self_hosted" && stored.enabled) {
      throw usageError(
        `${hubId} is on with a Cloudflare account of your own. \`hotspot hub disable\` first, or give another --hub-id.`,
      );
    }
    const program = findCloudflared(options.cloudflared ?? stored?.cloudflared ?? null, hub.env, hub.cwd);
    if (program === null) throw usageError(cloudflaredAdvice(options.cloudflared));
    if (isReadableForOthers(options.portal)) {
      hub.output.note(`Warning: ${options.portal} is not https, so secrets travel readable for others.`);
    }
    const settings = await register(hubId, stored, hub);
    saveHubSettings(options.dir, settings);
    const enrollment = await waitForEnrollment(portalOf(settings, hub), {
      requestedSubdomain: options.subdomain,
      stopRequested: hub.stopRequested,
      note: hub.output.note,
    });
    // What was registered is stored: `hub run` goes on with it.
    if (enrollment === null) return ExitCode.stopped;
    const complete = { ...settings, ...enrollment };
    saveHubSettings(options.dir, complete);
    return serveManaged(complete, program, hub);
  });
}

/** The hub as the portal knows it: by a token that was given, else by a license or login. */
async function register(
  hubId: string,
  stored: HubSettings | null,
  { options }: HubContext,
): Promise<HubSettings> {
  const { portal, credential, deviceId, network, hubToken, serviceUrl, subdomain } = options;
  const settings: Omit<HubSettings, "accountId" | "hubToken"> = {
    mode: "managed",
    portalUrl: portal,
    hubId,
    serviceUrl: serviceUrl ?? stored?.serviceUrl ?? DEFAULT_SERVICE_URL,
    enabled: true,
    hostname: null,
    tunnelId: null,
    tunnelToken: null,
    bucket: null,
    backupPassword: null,
    backup: planOf(options.backup, stored?.backup ?? null),
    note: null,
    cloudflared: options.cloudflared ?? stored?.cloudflared ?? null,
    selfHosted: null,
  };
  if (hubToken !== null) {
    const accountId = options.accountId ?? stored?.accountId;
    if (accountId === undefined) {
      throw usageError("A hub token needs --account-id beside it: the portal shows both on the hub's page.");
    }
    return { ...settings, accountId, hubToken };
  }
  if (credential === null) {
    throw usageError(
      "Give --license-key with the key from the portal's license page, or --hub-token - with the hub's, or run `hotspot login`.",
    );
  }
  const client = new PortalClient({ portal, credential, deviceId, network });
  const registered = await client.registerHub({ hubId, mode: "managed", serviceUrl: settings.serviceUrl });
  // A hub that was known keeps what it led to, unless it is told.
  await client.enableHub(hubId, {
    serviceUrl: settings.serviceUrl,
    ...(subdomain !== null && { requestedSubdomain: subdomain }),
  });
  return { ...settings, accountId: registered.accountId, hubToken: registered.hubToken };
}
