import { ExitCode, ExitError, usageError } from "../exit.ts";
import { endLeftovers } from "../hub/cloudflared/leftover.ts";
import { portalOf } from "../hub/context.ts";
import { tunnelFile } from "../hub/files.ts";
import { chooseHub, type HubOptions } from "../hub/options.ts";
import { runningHolder } from "../hub/run-lock.ts";
import { forgetHubSecrets, getHubSettings, type HubSettings, saveHubSettings } from "../hub/state.ts";
import { PortalError, PortalUnreachableError } from "../portal/errors.ts";
import { createLog } from "../view/log.ts";
import type { CommandContext } from "./context.ts";
import { removeSelfHosted } from "./hub-self-hosted.ts";

export interface DisableFlags {
  deleteBucket: boolean;
  /** The bucket's name, typed to show that deleting is meant. */
  confirm: string | null;
  /** Null: as the portal has it. */
  retentionDays: number | null;
}

/** Another process has so long to stop cloudflared, whose running requests may take a while, ms. */
const STOP_WITHIN_MS = 45_000;
const LOOK_MS = 200;

/**
 * `hub disable`: stops the tunnel, tells the portal, forgets the secrets; in this order, so that nothing connects while
 * the portal takes the tunnel away. What fails in the middle is done by running it again.
 * @throws ExitError, PortalError
 */
export async function disableHub(
  options: HubOptions,
  flags: DisableFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const hubId = chooseHub(options);
  const settings = getHubSettings(options.dir, hubId);
  if (settings.hubToken === "") {
    context.stdout(`The hub ${hubId} is off already. ${settings.note ?? ""}\n`);
    return ExitCode.stopped;
  }
  checkConfirmation(settings, flags);
  saveHubSettings(options.dir, { ...settings, enabled: false, note: "It is being switched off." });
  await stopServing(settings, options, context);
  const note =
    settings.mode === "managed"
      ? await tellPortal(settings, options, flags)
      : await removeSelfHosted(settings, options);
  forgetHubSecrets(options.dir, settings, `${new Date().toISOString()}: ${note}`);
  if (options.json) context.stdout(`${JSON.stringify({ event: "disabled", hubId, note })}\n`);
  else context.stdout(`disabled ${hubId}. ${note}\n`);
  return ExitCode.stopped;
}

function checkConfirmation({ bucket }: HubSettings, { deleteBucket, confirm }: DisableFlags): void {
  if (!deleteBucket) {
    if (confirm === null) return;
    throw usageError("--confirm goes with --delete-bucket; without it the backups are kept for a while.");
  }
  if (bucket === null) throw usageError("There is no bucket to delete: leave --delete-bucket out.");
  if (confirm === bucket.name) return;
  throw usageError(
    `--delete-bucket deletes all backups of this hub at once and for good. To show that it is meant, give the bucket's name: --confirm ${bucket.name}`,
  );
}

/** The process that serves the hub sees in its settings that it is off; one that was ended by force left only cloudflared. */
async function stopServing(
  settings: HubSettings,
  { dir, json }: HubOptions,
  context: CommandContext,
): Promise<void> {
  const { env } = context;
  const until = performance.now() + STOP_WITHIN_MS;
  for (;;) {
    const holder = await runningHolder(dir, settings.hubId, env);
    if (holder === null) break;
    if (performance.now() > until) {
      throw new ExitError(
        ExitCode.unexpected,
        `Process ${holder} serves the hub and does not stop. End it, then run \`hotspot hub disable\` again.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await endLeftovers(tunnelFile(dir, settings), env, createLog(json, env, context));
}

/** @returns what became of it, for people */
async function tellPortal(
  settings: HubSettings,
  options: HubOptions,
  { deleteBucket, retentionDays }: DisableFlags,
): Promise<string> {
  const client = portalOf(settings, { options });
  try {
    await client.disable({ deleteBucket, retentionDays });
  } catch (error) {
    if (error instanceof PortalUnreachableError) {
      throw new ExitError(
        ExitCode.unreachable,
        `The tunnel is stopped, but the portal could not be told: ${error.message}. Run \`hotspot hub disable\` again later.`,
      );
    }
    if (error instanceof PortalError && (error.status === 401 || error.code === "hub_not_found")) {
      return "The portal did not know this hub any more.";
    }
    throw error;
  }
  if (deleteBucket) return "Its backups are being deleted.";
  return retentionDays === null
    ? "Its backups are kept for the portal's usual time; enabled again until then, it finds them."
    : `Its backups are kept for ${retentionDays} days; enabled again until then, it finds them.`;
}
