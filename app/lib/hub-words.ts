import type { Hub, HubCheck, HubEvent, HubKey, HubPrice, HubSummary } from "./api-types.ts";
import { formatBytes, formatDay, formatLarge, formatPrice } from "./format.ts";

/** How a hub is, in a word or two for a badge. */
export function hubBadge({ banner, state, mode }: Pick<HubSummary, "banner" | "state" | "mode">) {
  switch (banner.tone) {
    case "off":
      return { tone: "quiet", words: "Off" } as const;
    case "ready":
      return { tone: "ok", words: "Ready" } as const;
    case "degraded":
      return { tone: "warn", words: "Degraded" } as const;
    case "error":
      return { tone: "bad", words: "Error" } as const;
    case "working": {
      if (mode === "managed" && state === "provisioning")
        return { tone: "quiet", words: "Setting up" } as const;
      if (mode === "managed" && state === "disabling")
        return { tone: "quiet", words: "Switching off" } as const;
      return { tone: "quiet", words: "Waiting for it" } as const;
    }
  }
}

/** What a check, or a precondition of a self-hosted hub, looks at. Names without words of their own stay as they are. */
export function checkTitle(name: string): string {
  return checkTitles[name] ?? name;
}

const checkTitles: Record<string, string> = {
  cloudflared: "cloudflared is installed and runs",
  enabled: "The tunnel is switched on",
  account: "Cloudflare account id and API token",
  domain: "Domain: a zone of the account",
  hostname: "External host name under the domain",
  cloudflare: "Tunnel and DNS record at Cloudflare",
  tunnel: "The tunnel is connected to Cloudflare",
  dns: "The host name is found in DNS",
  bucket: "The bucket can be written, read and emptied",
  backup: "The last backup worked, and is not overdue",
};

/** Whether a hub uses the key, in a word. */
export function keyBadge({ state, confirmedAt }: Pick<HubKey, "state" | "confirmedAt">) {
  if (state === "retiring") return { tone: "warn", words: "replaced, still works" } as const;
  return confirmedAt
    ? ({ tone: "ok", words: "in use, confirmed" } as const)
    : ({ tone: "quiet", words: "waits for the hub" } as const);
}

/** A line of a hub's history. */
export function eventTitle({ kind, name, outcome }: Pick<HubEvent, "kind" | "name" | "outcome">): string {
  const what = name.replaceAll("_", " ");
  switch (kind) {
    case "step":
      return `${stepTitles[name] ?? sentence(what)}: ${outcomes[outcome]}`;
    case "health":
      return healthTitles[name] ?? sentence(what);
    case "backup":
      return `${sentence(what === "backup" ? what : `backup ${what}`)}: ${outcomes[outcome]}`;
    case "key":
      return `${sentence(what.startsWith("key") ? what : `key ${what}`)}: ${outcomes[outcome]}`;
    case "note":
      return sentence(what);
  }
}

const outcomes: Record<HubEvent["outcome"], string> = { started: "started", done: "done", failed: "failed" };
const healthTitles: Record<string, string> = { ready: "Ready", degraded: "Degraded", error: "Error" };
const stepTitles: Record<string, string> = {
  tunnel: "Tunnel",
  ingress: "Where the tunnel leads",
  dns: "Host name",
  bucket: "Bucket",
  lifecycle: "Rules of the bucket",
  key: "Key",
  connections: "Connections of the tunnel",
};

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a hub may use before it costs, and then what it costs: `10 GB-months included, then $0.018 each`. */
export function priceWords({
  included,
  unit,
  cents,
  per,
}: Pick<HubPrice, "included" | "unit" | "cents" | "per">): {
  included: string;
  beyond: string;
} {
  const quantity = `${formatLarge(included)} ${unit}${included === 1 || unit.endsWith("s") ? "" : "s"}`;
  if (cents === null) return { included: quantity, beyond: "no more than that" };
  const each = per === 1 ? unit : `${formatLarge(per)} ${unit}${unit.endsWith("s") ? "" : "s"}`;
  return { included: quantity, beyond: `${formatPrice(cents)} per ${each.replace(/^1 million/, "million")}` };
}

/** What prices are of. */
export const priceTitles: Record<HubPrice["meter"], string> = {
  storage: "Backup storage",
  storage_writes: "Writes and listings",
  storage_reads: "Reads",
};

/** How a hub's backups stand, in a sentence. */
export function backupWords(backup: NonNullable<Hub["backup"]>): string {
  switch (backup.state) {
    case "off":
      return "No folder is backed up yet.";
    case "idle":
      return backup.bytes === null
        ? "Backups are up to date."
        : `Backups are up to date: ${formatBytes(backup.bytes)} of files at the last one.`;
    case "running":
      return "A backup is running.";
    case "failed":
      return backup.error ?? "The last backup failed.";
  }
}

/** What is kept of a hub that is off; null: nothing, or it is not off. */
export function keptWords({ state, bucket }: Pick<Hub, "state" | "bucket">): string | null {
  if (state !== "off" || bucket === null) return null;
  if (bucket.state === "emptying") return "Its backups are being deleted.";
  if (bucket.state === "retained" && bucket.deleteAfter) {
    return `Its backups are kept until ${formatDay(bucket.deleteAfter)}. Switched on again before that day, it finds them.`;
  }
  return bucket.sharedWith.length > 0
    ? "Its backups stay in the bucket that your other hubs use. Switched on again, it finds them."
    : null;
}

/** What the service says of a hub, as a sentence. Programs keep the small letter that they start with. */
export function reasonWords(text: string): string {
  // Names of programs and hosts stay as they are.
  const words = /^(?:(?:cloudflared|hotspot|restic|rustic)\b|\S+\.\S)/.test(text)
    ? text
    : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** Splits `Start it: hotspot hub run` into the words and the command at their end. */
export function splitCommand(text: string): { words: string; command: string | null } {
  const match = /^(.*?[:,])\s+(hotspot [a-z][\w\s./-]*)$/.exec(text);
  return match ? { words: match[1]!, command: match[2]! } : { words: text, command: null };
}

/** Checks that are not all right come first. */
export function failingFirst(checks: readonly HubCheck[]): HubCheck[] {
  return [...checks].sort((a, b) => Number(a.ok) - Number(b.ok));
}
