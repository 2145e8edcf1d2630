import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { BackupPlan } from "../backup/plan.ts";
import { usageError } from "../exit.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

/** The key of a hub for its part of the account's backup bucket. */
const HubBucketAccess = z.object({
  /** Of the S3 API, e.g. `https://<account>.r2.cloudflarestorage.com`; the region is `auto`. */
  endpoint: z.string().min(1),
  name: z.string().min(1),
  /** Everything of this hub is below it, without a slash at its end. Other hubs of the account have other ones. */
  prefix: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});
export type HubBucketAccess = Readonly<z.infer<typeof HubBucketAccess>>;

/** The customer's own Cloudflare account, for a hub that does without Managed Cloudflare; null where it was not said. */
const SelfHostedSettings = z.object({
  accountId: z.string().nullable(),
  /** File with the API token: it stays where its owner has put it. */
  tokenFile: z.string().nullable(),
  /** The zone, e.g. `example.com`. */
  domain: z.string().nullable(),
  /** The name to be served, under the zone. */
  hostname: z.string().nullable(),
});
export type SelfHostedSettings = Readonly<z.infer<typeof SelfHostedSettings>>;

const HubSettings = z.object({
  mode: z.enum(["managed", "self_hosted"]).default("managed"),
  portalUrl: z.string().min(1),
  /** The tenant's id, which the service wants to hear with each enrolment. */
  accountId: z.string(),
  hubId: z.string().min(1),
  /** Empty: forgotten with the other secrets when the hub was switched off. */
  hubToken: z.string(),
  /** What the tunnel leads to on this machine. */
  serviceUrl: z.string().min(1),
  /** False: switched off, here or in the portal; `note` says when and why. */
  enabled: z.boolean(),
  hostname: z.string().nullable(),
  tunnelId: z.string().nullable(),
  tunnelToken: z.string().nullable(),
  bucket: HubBucketAccess.nullable(),
  backupPassword: z.string().nullable(),
  backup: BackupPlan.nullable(),
  /** For people: what happened last to this hub as a whole. */
  note: z.string().nullable(),
  /** Where the program is; null: it is looked for in PATH. */
  cloudflared: z.string().nullable().default(null),
  selfHosted: SelfHostedSettings.nullable().default(null),
});
/** What a hub must know to start again. Its file is for its owner's eyes only. */
export type HubSettings = Readonly<z.infer<typeof HubSettings>>;

/** Names that can be part of a path and of a URL as they are; the portal asks for the same. */
const HUB_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/;

/** @throws ExitError usage: not a name for a hub */
export function checkHubId(hubId: string): string {
  if (HUB_ID.test(hubId)) return hubId;
  throw usageError(
    `--hub-id is "${hubId}". Give 1 to 120 letters, digits, dots, hyphens and underscores, a letter or digit first.`,
  );
}

/** The file of a hub's settings. @param dir the config directory */
export function hubSettingsPath(dir: string, hubId: string): string {
  return join(dir, "hubs", `${checkHubId(hubId)}.json`);
}

/** Files of a running hub: the token for cloudflared, who runs it. Gone when it is switched off. */
export function hubRunDir(dir: string, hubId: string): string {
  return join(dir, "hubs", `${checkHubId(hubId)}.d`);
}

/**
 * @returns null when this hub has no file
 * @throws ExitError usage: the file is damaged, or others may read it
 */
export function loadHubSettings(dir: string, hubId: string): HubSettings | null {
  const path = hubSettingsPath(dir, hubId);
  const text = readPrivateFile(path);
  if (text === null) return null;
  const parsed = HubSettings.safeParse(readJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw usageError(
      `${path} is damaged (${issue?.path.join(".") || "not JSON"}). Run \`hotspot hub enable\` again: the portal still knows this hub.`,
    );
  }
  if (parsed.data.hubId !== hubId) {
    throw usageError(
      `${path} is about the hub ${parsed.data.hubId}. Names of hubs differ by more than case.`,
    );
  }
  return parsed.data;
}

/** @throws ExitError usage: there is none, it is damaged, or others may read it */
export function getHubSettings(dir: string, hubId: string): HubSettings {
  const settings = loadHubSettings(dir, hubId);
  if (settings !== null) return settings;
  throw usageError(`There is no hub ${hubId} on this machine. \`hotspot hub enable\` makes it one.`);
}

/** Stores them, readable by this user only; a reader meanwhile sees the old ones. */
export function saveHubSettings(dir: string, settings: HubSettings): void {
  writePrivateFile(hubSettingsPath(dir, settings.hubId), `${JSON.stringify(settings, null, 2)}\n`);
}

/** Forgets every secret of a hub that was switched off; where it was and why it stopped stays. */
export function forgetHubSecrets(dir: string, settings: HubSettings, note: string): HubSettings {
  const cleared: HubSettings = {
    ...settings,
    enabled: false,
    hubToken: "",
    tunnelToken: null,
    bucket: null,
    backupPassword: null,
    note,
  };
  saveHubSettings(dir, cleared);
  rmSync(hubRunDir(dir, settings.hubId), { recursive: true, force: true });
  return cleared;
}

/** The hubs that have settings here, by name. */
export function listHubIds(dir: string): string[] {
  try {
    return readdirSync(join(dir, "hubs"))
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -".json".length))
      .filter((hubId) => HUB_ID.test(hubId))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema then says that it is damaged.
    return null;
  }
}
