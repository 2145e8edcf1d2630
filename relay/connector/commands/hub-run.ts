import { planOf } from "../backup/options.ts";
import { ExitCode, usageError } from "../exit.ts";
import { cloudflaredAdvice, findCloudflared } from "../hub/cloudflared/find.ts";
import { type HubContext, isFinal, portalOf } from "../hub/context.ts";
import { fetchEnrollment, waitForEnrollment } from "../hub/enrollment.ts";
import { ManagedHub } from "../hub/managed.ts";
import { chooseHub, type HubOptions } from "../hub/options.ts";
import { getHubSettings, type HubSettings, saveHubSettings } from "../hub/state.ts";
import type { CommandContext } from "./context.ts";
import { ended, switchedOff } from "./hub-end.ts";
import { withHub } from "./hub-process.ts";
import { serveSelfHosted } from "./hub-self-hosted.ts";

/**
 * `hub run`: serves a hub that was enabled before, by what is stored.
 * @throws ExitError, PortalError
 */
export function runHub(options: HubOptions, context: CommandContext): Promise<ExitCode> {
  const hubId = chooseHub(options);
  const settings = getHubSettings(options.dir, hubId);
  // One that is off is a precondition among others there, told to the portal too.
  if (settings.mode === "self_hosted") {
    return withHub({ ...options, hubId }, context, (hub) =>
      serveSelfHosted(settings, hub, !settings.enabled),
    );
  }
  requireEnabled(settings);
  return withHub({ ...options, hubId }, context, (hub) => runManaged(settings, hub));
}

function requireEnabled(settings: HubSettings): HubSettings {
  if (settings.enabled) return settings;
  throw usageError(
    `The hub ${settings.hubId} is off. ${settings.note ?? ""} \`hotspot hub enable\` switches it on again.`,
  );
}

async function runManaged(stored: HubSettings, hub: HubContext): Promise<ExitCode> {
  const { options, output } = hub;
  const program = findCloudflared(options.cloudflared ?? stored.cloudflared, hub.env, hub.cwd);
  if (program === null) throw usageError(cloudflaredAdvice(options.cloudflared ?? stored.cloudflared));
  let settings: HubSettings = { ...stored, backup: planOf(options.backup, stored.backup) };
  if (settings.tunnelToken === null || settings.bucket === null) {
    const enrollment = await waitForEnrollment(portalOf(settings, hub), {
      requestedSubdomain: options.subdomain,
      stopRequested: hub.stopRequested,
      note: output.note,
    });
    if (enrollment === null) return ExitCode.stopped;
    settings = { ...settings, ...enrollment };
  } else {
    const verified = await verify(settings, hub);
    if (verified === null)
      return switchedOff(settings, "Managed Cloudflare was switched off in the portal.", hub);
    settings = verified;
  }
  saveHubSettings(options.dir, settings);
  return serveManaged(settings, program, hub);
}

/**
 * Whether what is stored is what the portal has for this hub; what differs is fetched. A portal that is away is no
 * reason not to serve.
 * @returns null when the portal wants it off: not to be asked for anew by an enrolment
 */
async function verify(settings: HubSettings, hub: HubContext): Promise<HubSettings | null> {
  const client = portalOf(settings, hub);
  try {
    const status = await client.status();
    if (!status.enabled) return null;
    const isSame = status.tunnel_id === settings.tunnelId && status.r2_bucket === settings.bucket?.name;
    return isSame ? settings : { ...settings, ...(await fetchEnrollment(client)) };
  } catch (error) {
    if (isFinal(error)) throw error;
    hub.output.note(
      `The portal cannot be asked now (${(error as Error).message}); started by what is stored.`,
    );
    return settings;
  }
}

/** Serves until the end, and does what the end asks for. */
export async function serveManaged(
  settings: HubSettings,
  program: string,
  hub: HubContext,
): Promise<ExitCode> {
  return ended(await new ManagedHub(settings, hub).serve(program), settings, hub);
}
