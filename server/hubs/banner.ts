import type { HubRow } from "./internal.ts";
import { stepTitle } from "./progress.ts";
import type { HubBanner } from "./schemas.ts";

type Standing = Pick<
  HubRow,
  "mode" | "state" | "step" | "failure" | "next_try_at" | "health" | "health_reason" | "health_checks"
>;

/** What to do about a check that fails, by its name. */
const remedies: Record<string, string> = {
  cloudflared: "Install cloudflared on the machine, then start the hub again: hotspot hub run",
  tunnel: "Look at the hub's log: its machine must reach Cloudflare on port 7844 (UDP or TCP)",
  dns: "A new name can take a few minutes; otherwise check the name server of the machine",
  bucket: "Rotate the keys: the hub fetches the new ones by itself",
  backup: "Look at the hub's log, then try by hand: hotspot hub backup",
  silent: "Start the hub on its machine: hotspot hub run",
};

/**
 * What the portal says of a hub on top of its page: one sentence of how it is, why, and what its owner can do now. The only
 * place that decides it.
 */
export function bannerOf(hub: Standing): HubBanner {
  if (hub.mode === "self_hosted") return bannerOfHealth(hub, "Your own Cloudflare account");
  switch (hub.state) {
    case "off":
      return {
        tone: "off",
        title: "Managed Cloudflare is off",
        reason: null,
        nextAction: "Switch it on to get a tunnel, a host name and encrypted backups",
      };
    case "provisioning":
      return bannerOfWork(hub, "Setting up");
    case "disabling":
      return bannerOfWork(hub, "Switching off");
    case "on":
      return bannerOfHealth(hub, "Managed Cloudflare");
  }
}

function bannerOfWork({ step, failure, next_try_at }: Standing, what: string): HubBanner {
  if (failure !== null) {
    const again = next_try_at === null ? "" : ` (next at ${next_try_at.toISOString().slice(11, 19)} UTC)`;
    return {
      tone: "error",
      title: `${what} is held up`,
      reason: failure,
      nextAction: `It is tried again by itself${again}. Tell support if it stays.`,
    };
  }
  return {
    tone: "working",
    title: step === null ? what : `${what}: ${stepTitle(step)}`,
    reason: null,
    nextAction: "This takes a few seconds",
  };
}

function bannerOfHealth(hub: Standing, what: string): HubBanner {
  // Work on a hub that is on (another name, other keys) may be stuck while all that it has works.
  if (hub.health === "ready" && hub.failure !== null) {
    return {
      tone: "degraded",
      title: `${what}: Degraded`,
      reason: hub.failure,
      nextAction: "Nothing to do: it is tried again by itself. Tell support if it stays.",
    };
  }
  switch (hub.health) {
    case null:
      return {
        tone: "working",
        title: "Waiting for the hub",
        reason: "It has not reported yet",
        nextAction: "Start it on its machine: hotspot hub enable, or hotspot hub run",
      };
    case "ready":
      return { tone: "ready", title: `${what}: Ready`, reason: null, nextAction: null };
    case "degraded":
    case "error": {
      const failing = hub.health_checks.find(({ ok }) => !ok)?.name;
      const silent = hub.health_reason?.startsWith(SILENT) ?? false;
      return {
        tone: hub.health,
        title: `${what}: ${hub.health === "error" ? "Error" : "Degraded"}`,
        reason: hub.health_reason,
        nextAction: remedies[silent ? "silent" : (failing ?? "")] ?? "Look at the hub's log on its machine",
      };
    }
  }
}

/** How the reason of a hub begins that has not reported for a while. */
export const SILENT = "Nothing heard from the hub";
