import { isAbsolute, join } from "node:path";
import { loadEnvFile } from "node:process";
import { z } from "zod";

/** What a local run itself needs to know; the programs that it starts read the rest from the same environment. */
export interface LocalSettings {
  readonly root: string;
  readonly dataDir: string;
  /** Wanted ports; 0 means any free one. */
  readonly ports: { readonly portal: number; readonly relay: number };
  /** Given by the operator; null: the embedded Postgres of the data directory. */
  readonly databaseUrl: string | null;
  readonly baseDomain: string;
  /** The environment as it was given, with `.env` under it. */
  readonly environment: NodeJS.ProcessEnv;
}

/** A reason that a person can act on; printed without a stack. */
export class StartError extends Error {}

const port = z.coerce.number().int().min(0).max(65_535);
const variables = {
  PORT: { schema: port.default(3000), expected: "a port from 0 (any free one) to 65535" },
  RELAY_PORT: { schema: port.default(8789), expected: "a port from 0 (any free one) to 65535" },
};

/**
 * Reads the environment, and `.env` of the clone for what the environment leaves open.
 *
 * @throws StartError naming the variable, its value and what was expected
 */
export function readLocalSettings(root: string): LocalSettings {
  try {
    loadEnvFile(join(root, ".env"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const { env } = process;
  const dataDir = env.HOTSPOT_DATA_DIR?.trim() || ".hotspot";
  return {
    root,
    dataDir: isAbsolute(dataDir) ? dataDir : join(root, dataDir),
    ports: { portal: read("PORT", env), relay: read("RELAY_PORT", env) },
    databaseUrl: env.DATABASE_URL?.trim() || null,
    baseDomain: env.ENDPOINTS_BASE_DOMAIN?.trim().toLowerCase() || "localhost",
    environment: env,
  };
}

function read(name: keyof typeof variables, env: NodeJS.ProcessEnv): number {
  const { schema, expected } = variables[name];
  const text = env[name]?.trim() || undefined;
  const result = schema.safeParse(text);
  if (!result.success) throw new StartError(`${name} is ${JSON.stringify(text)}; expected ${expected}.`);
  return result.data;
}
