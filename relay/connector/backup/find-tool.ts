import { homedir } from "node:os";
import { join } from "node:path";
import { writeTrustedFile } from "../network/for-programs.ts";
import type { Network } from "../network/network.ts";
import { BackupError } from "./failure.ts";
import { createRestic } from "./restic.ts";
import { runTool } from "./run-tool.ts";
import { createRustic } from "./rustic.ts";
import { type BackupTool, toolEnvironment } from "./tool.ts";

type Env = Record<string, string | undefined>;

const makers = { rustic: createRustic, restic: createRestic };
export type ToolName = keyof typeof makers;
export const toolNames = Object.keys(makers) as ToolName[];

const install: Partial<Record<NodeJS.Platform, string>> = {
  linux: "`apt install restic` on Debian and Ubuntu, `dnf install restic` on Fedora",
  darwin: "`brew install restic`",
  win32: "`winget install restic.restic` or `scoop install restic`",
};

/** Where the tools keep copies of a repository's index, and we notes about it. */
export function backupCacheDir(env: Env): string {
  const caches =
    env.XDG_CACHE_HOME ||
    (process.platform === "win32" ? env.LOCALAPPDATA : undefined) ||
    join(env.HOME || homedir(), ".cache");
  return join(caches, "hotspot", "backup");
}

/**
 * The backup program of this machine: rustic when it is installed, else restic.
 *
 * @param env its PATH is where they are looked for
 * @param network its way to the bucket; whom to trust is written to a file for it
 * @param only this one and no other
 * @throws BackupError tool_missing, with how to install it
 */
export async function findTool(env: Env, network: Network, only?: ToolName): Promise<BackupTool> {
  for (const name of only === undefined ? toolNames : [only]) {
    const version = await versionOf(name, env, network);
    if (version === null) continue;
    const cacheDir = backupCacheDir(env);
    const trustedFile = writeTrustedFile(network, cacheDir);
    return makers[name]({ program: name, version, cacheDir, env, network, trustedFile });
  }
  const wanted = only === "rustic" ? "rustic (https://rustic.cli.rs)" : "restic";
  const how = only === "rustic" ? "" : `: ${install[process.platform] ?? "https://restic.net"}`;
  throw new BackupError(
    "tool_missing",
    `Backups need ${wanted}, which is not installed here. Install it${how}.`,
  );
}

async function versionOf(program: string, env: Env, network: Network): Promise<string | null> {
  try {
    const args = program === "restic" ? ["version"] : ["--version"];
    const { code, stdout } = await runTool(
      program,
      { args, env: toolEnvironment({ env, network }) },
      { secrets: [] },
    );
    return code === 0 ? (/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "unknown") : null;
  } catch (error) {
    if (error instanceof BackupError && error.fault === "tool_missing") return null;
    throw error;
  }
}
