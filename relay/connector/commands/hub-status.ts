import { ExitCode } from "../exit.ts";
import { portalOf } from "../hub/context.ts";
import { chooseHub, type HubOptions } from "../hub/options.ts";
import { runningHolder } from "../hub/run-lock.ts";
import { getHubSettings, type HubSettings } from "../hub/state.ts";
import { type RunStatus, readRunStatus } from "../hub/status-file.ts";
import { PortalError, PortalUnreachableError } from "../portal/errors.ts";
import type { HubStatus } from "../portal/hub-client.ts";
import type { CommandContext } from "./context.ts";

/** All that is known of a hub, without a secret. */
interface HubOverview {
  hubId: string;
  mode: HubSettings["mode"];
  enabled: boolean;
  url: string | null;
  serviceUrl: string;
  /** The process that serves it; null: none does. */
  pid: number | null;
  /** What it has looked at last. */
  run: RunStatus | null;
  /** What the portal says; null: it was not asked. */
  portal: HubStatus | null;
  /** Why the portal could not say. */
  portalError: string | null;
  note: string | null;
}

/**
 * `hub status`: how the hub of this machine is.
 * @returns faults when it is on and does not run, or a check fails
 */
export async function hubStatus(options: HubOptions, context: CommandContext): Promise<ExitCode> {
  const overview = await look(getHubSettings(options.dir, chooseHub(options)), options, context);
  context.stdout(options.json ? `${JSON.stringify(overview)}\n` : describe(overview));
  if (!overview.enabled) return ExitCode.stopped;
  const isWell = overview.pid !== null && overview.run?.checks.every(({ ok }) => ok);
  return isWell ? ExitCode.stopped : ExitCode.faults;
}

async function look(
  settings: HubSettings,
  options: HubOptions,
  { env }: CommandContext,
): Promise<HubOverview> {
  const { hubId, mode, enabled, hostname, serviceUrl, note } = settings;
  const pid = await runningHolder(options.dir, hubId, env);
  const portal = await askPortal(settings, options);
  return {
    ...{ hubId, mode, enabled, serviceUrl, pid, note },
    url: hostname === null ? null : `https://${hostname}`,
    run: pid === null ? null : readRunStatus(options.dir, hubId),
    ...portal,
  };
}

async function askPortal(
  settings: HubSettings,
  options: HubOptions,
): Promise<Pick<HubOverview, "portal" | "portalError">> {
  if (settings.hubToken === "" || settings.mode !== "managed") return { portal: null, portalError: null };
  try {
    return { portal: await portalOf(settings, { options }).status(), portalError: null };
  } catch (error) {
    if (!(error instanceof PortalError || error instanceof PortalUnreachableError)) throw error;
    return { portal: null, portalError: error.message };
  }
}

function describe(overview: HubOverview): string {
  const { hubId, enabled, url, serviceUrl, pid, run, portal, portalError, note } = overview;
  if (!enabled) return `${hubId} off. ${note ?? ""}\n`;
  const lines = [`${hubId} on ${url ?? "(no name yet)"} -> ${serviceUrl}`];
  lines.push(pid === null ? "  does not run: `hotspot hub run`" : `  runs as process ${pid}`);
  for (const { name, ok, message } of run?.checks ?? []) {
    lines.push(`  ${ok ? "ok   " : "FAULT"}  ${name}${message === null ? "" : `: ${message}`}`);
  }
  if (run?.backup) lines.push(`  backups: ${run.backup.state}, last ${run.backup.lastAt ?? "never"}`);
  if (portalError !== null) lines.push(`  the portal: ${portalError}`);
  for (const { message } of portal?.errors ?? []) lines.push(`  the portal: ${message}`);
  return `${lines.join("\n")}\n`;
}
