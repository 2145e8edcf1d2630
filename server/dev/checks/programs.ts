import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { CommandError, run } from "../processes/run.ts";

/** Something outside of npm that tests start. */
interface Program {
  readonly debianPackage: string;
  isThere(): boolean;
  /** What follows when it is not. */
  readonly without: string;
  /** How to get it. */
  readonly advice: string;
}

const programs: readonly Program[] = [
  {
    debianPackage: "chromium",
    isThere: () => existsSync(process.env.CHROMIUM_PATH || "/usr/bin/chromium"),
    without: "The browser tests will fail.",
    advice: "Install Chromium (Debian, Ubuntu: `apt-get install chromium` as root) or set CHROMIUM_PATH.",
  },
  {
    debianPackage: "restic",
    isThere: () => has("restic"),
    without: "The tests of backups will fail or be left out.",
    advice: "Install restic (Debian, Ubuntu: `apt-get install restic` as root).",
  },
];

/**
 * Makes sure that there is what the tests start besides us; on a Debian what is missing is installed, if we may.
 *
 * @returns what will not work without those that are still missing, and how to get them
 */
export async function ensurePrograms(root: string): Promise<string[]> {
  const missing = programs.filter((program) => !program.isThere());
  if (missing.length === 0) return [];
  const problem = await install(root, missing);
  return missing
    .filter((program) => !program.isThere())
    .map(
      ({ without, advice }) =>
        `${without} ${advice}${problem === null ? "" : `\napt-get could not: ${problem}`}`,
    );
}

/** @returns why it could not; null when it could, or there is no way to */
async function install(root: string, missing: readonly Program[]): Promise<string | null> {
  if (process.getuid?.() !== 0 || !has("apt-get")) return null;
  const options = { cwd: root, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  const packages = missing.map(({ debianPackage }) => debianPackage);
  try {
    await run("apt-get", ["update", "-qq"], options);
    await run("apt-get", ["install", "-qq", "-y", "--no-install-recommends", ...packages], options);
    return null;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.output.trim().split("\n").at(-1) ?? "";
  }
}

function has(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    // Its exit code is the answer.
    return false;
  }
}
