import { join } from "node:path";
import { CommandError, run } from "../processes/run.ts";

export interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** What can be said about the sources without running them. */
export const staticChecks: readonly Check[] = [
  { name: "types", program: "tsc", args: ["--noEmit"] },
  { name: "lint and format", program: "biome", args: ["check", "--error-on-warnings", "."] },
  {
    name: "imports",
    program: "depcruise",
    args: ["--config", ".config/dependency-cruiser.mjs", "app", "server", "relay", "db", "emails", "e2e"],
  },
  { name: "unused code", program: "knip", args: ["--config", ".config/knip.json", "--no-config-hints"] },
];

/** @returns null when it is satisfied, else what it found */
export async function runCheck(root: string, check: Check): Promise<string | null> {
  try {
    await run(join(root, "node_modules", ".bin", check.program), check.args, { cwd: root });
    return null;
  } catch (error) {
    if (error instanceof CommandError) return error.output.trim();
    throw error;
  }
}
