import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateJson } from "./private-json.ts";

const draw = () => randomBytes(32).toString("hex");

/** Variables that must be secret and equal across starts, and how each is drawn; in production the operator sets them. */
const DRAWN = {
  BETTER_AUTH_SECRET: draw,
  RELAY_INTERNAL_SECRET: draw,
  RELAY_CONNECTOR_SIGNING_SECRET: draw,
  SEALING_KEYS: () => `local:${randomBytes(32).toString("base64")}`,
  STRIPE_WEBHOOK_SECRET: () => `whsec_${draw()}`,
  STRIPE_THIN_WEBHOOK_SECRET: () => `whsec_${draw()}`,
} as const;
export type LocalSecrets = Record<keyof typeof DRAWN, string>;
const NAMES = Object.keys(DRAWN) as (keyof typeof DRAWN)[];

/**
 * Gives the secrets of a local run: drawn once and kept in `secrets.json` (0600), each replaced by the environment's
 * where that has one.
 */
export async function localSecrets(dataDir: string, environment: NodeJS.ProcessEnv): Promise<LocalSecrets> {
  const path = join(dataDir, "secrets.json");
  const kept = await readKept(path);
  const secrets = Object.fromEntries(
    NAMES.map((name) => [name, kept[name] ?? DRAWN[name]()]),
  ) as LocalSecrets;
  if (NAMES.some((name) => !kept[name])) await writePrivateJson(path, secrets);
  for (const name of NAMES) secrets[name] = environment[name]?.trim() || secrets[name];
  return secrets;
}

async function readKept(path: string): Promise<Partial<LocalSecrets>> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
