import type { HubRow } from "./internal.ts";
import { disableSteps, type HubEvent, type HubProgress, provisionSteps } from "./schemas.ts";

const titles: Record<string, string> = {
  tunnel: "Tunnel",
  ingress: "Where the tunnel leads",
  dns: "Host name",
  bucket: "Bucket for backups",
  lifecycle: "Rules of the bucket",
  key: "Key for the bucket",
  connections: "Connections of the tunnel",
};

const titlesWhileDisabling: Record<string, string> = {
  dns: "Host name removed",
  connections: "Connections cut",
  tunnel: "Tunnel removed",
  key: "Keys revoked",
  bucket: "Backups kept or deleted",
};

/** A step in words. */
export function stepTitle(step: string): string {
  return titles[step] ?? step;
}

/**
 * The steps of what is under way, or of the last time, each with how it stands.
 * @param events of the hub, newest first
 */
export function progressOf(
  hub: Pick<HubRow, "state" | "step" | "failure" | "enabled_at" | "disabled_at">,
  events: readonly HubEvent[],
): HubProgress[] {
  const disabling = hub.state === "disabling" || (hub.state === "off" && hub.disabled_at !== null);
  const since = disabling ? hub.disabled_at : hub.enabled_at;
  if (since === null) return [];
  const steps: readonly string[] = disabling ? disableSteps : provisionSteps;
  const busy = hub.state === "provisioning" || hub.state === "disabling";
  const current = busy ? steps.indexOf(hub.step ?? steps[0]!) : steps.length;
  return steps.map((step, index) => {
    const seen = events.find(
      (event) => event.kind === "step" && event.name === step && new Date(event.at) >= since,
    );
    const state =
      index < current ? "done" : index > current ? "waiting" : hub.failure === null ? "running" : "failed";
    return {
      step,
      title: (disabling ? titlesWhileDisabling[step] : undefined) ?? stepTitle(step),
      state,
      message: state === "failed" ? hub.failure : null,
      at: state === "waiting" ? null : (seen?.at ?? null),
    };
  });
}
