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

/**
 * Runs one beside whatever else runs, which goes first.
 *
 * @returns null when it is satisfied, else what it found
 */
export async function runCheck(root: string, check: Check, signal?: AbortSignal): Promise<string | null> {
  try {
    const program = join(root, "node_modules", ".bin", check.program);
    await run(program, check.args, { cwd: root, signal, inBackground: true });
    return null;
  } catch (error) {
    return error instanceof CommandError ? error.output.trim() : String(error);
  }
}
