import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execve, loadEnvFile } from "node:process";
import { ensureBuild } from "./build/build.ts";
import { step } from "./local/console.ts";
import { type DevJson, devJsonPath } from "./local/dev-json.ts";
import { StartError } from "./local/settings.ts";
import { bunEnv } from "./processes/bun-env.ts";

/** The programs one by one, as production runs them: configured by the environment, with `.env` under it. */
export type ProductionCommand =
  | "portal"
  | "relay"
  | "migrate"
  | "bench"
  | "chaos"
  | "billing:provision"
  | "relay:tunnel"
  | "vault:rotate"
  | "ledger:check"
  | "ledger:trials";

/**
 * Becomes the program: the process is replaced, so that signals and the exit code are the program's own.
 *
 * @throws StartError when it does not exist
 */
export async function runProgram(root: string, command: ProductionCommand, args: string[]): Promise<never> {
  if (existsSync(join(root, ".env"))) loadEnvFile(join(root, ".env"));
  const [program, ...words] = await commandLine(root, command);
  const file = words.find((word) => !word.startsWith("-"))!;
  if (!existsSync(file)) throw new StartError(`${command} cannot be run: ${file} does not exist`);
  process.chdir(root);
  const path = join(root, "node_modules", ".bin", program);
  // Only ever returns by throwing.
  const env = command === "relay" ? { ...bunEnv, ...process.env } : process.env;
  return execve!(path, [program, ...words, ...args], env);
}

async function commandLine(root: string, command: ProductionCommand): Promise<[string, ...string[]]> {
  switch (command) {
    case "portal": {
      const { dir } = await step("Building the portal", ensureBuild(root));
      process.env.HOTSPOT_BUILD_DIR = dir;
      return ["node", join(dir, "portal.mjs")];
    }
    case "relay":
      return ["bun", join(root, "relay", "main.ts")];
    case "migrate":
      return ["node", join(root, "db", "migrate.ts")];
    case "billing:provision":
      return ["node", join(root, "server", "billing", "provision", "main.ts")];
    case "relay:tunnel":
      return ["node", join(root, "server", "cloudflare", "relay-tunnel", "main.ts")];
    case "vault:rotate":
      takeLocalDatabase(root);
      return ["node", join(root, "server", "vault", "rotate-main.ts")];
    case "ledger:check":
      takeLocalDatabase(root);
      return ["node", join(root, "relay", "ledger-check.ts")];
    case "ledger:trials":
      return ["node", join(root, "server", "ledger", "testing", "trials-main.ts")];
    case "bench":
      return ["bun", join(root, "e2e", "bench", "main.ts")];
    case "chaos":
      return ["node", join(root, "e2e", "chaos", "main.ts")];
  }
}

/** Beside a run of `npm start`, its database is meant, unless another one is named. */
function takeLocalDatabase(root: string): void {
  const path = devJsonPath(resolve(root, process.env.HOTSPOT_DATA_DIR?.trim() || ".hotspot"));
  if (process.env.DATABASE_URL?.trim() || !existsSync(path)) return;
  const { databaseUrl } = JSON.parse(readFileSync(path, "utf8")) as DevJson;
  process.env.DATABASE_URL = databaseUrl;
}
