import type { HubBackupReport } from "../../backup/report.ts";
import type { HubCheck } from "../../portal/hub-client.ts";
import type { TunnelState } from "../cloudflared/supervisor.ts";

/** A backup that is late by more than this is overdue: a machine may have slept, ms. */
const OVERDUE_AFTER_MS = 2 * 3_600_000;

/** Whether cloudflared runs, and whether Cloudflare sends requests here. */
export function tunnelChecks({ running, ready, problem }: TunnelState): HubCheck[] {
  return [
    { name: "cloudflared", ok: running, message: running ? null : problem },
    { name: "tunnel", ok: ready, message: ready ? null : problem },
  ];
}

/** Whether the backups come as planned. @param now ms since 1970 */
export function backupCheck({ state, error, nextAt }: HubBackupReport, now: number): HubCheck {
  const name = "backup";
  if (state === "failed") return { name, ok: false, message: error ?? "The last backup has failed." };
  const isOverdue = state === "idle" && nextAt !== null && now - Date.parse(nextAt) > OVERDUE_AFTER_MS;
  if (isOverdue) return { name, ok: false, message: `A backup was due at ${nextAt} and has not run.` };
  return { name, ok: true, message: null };
}
