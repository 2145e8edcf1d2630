import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { CommandError, run } from "../processes/run.ts";

const DEBIAN_PATH = "/usr/bin/chromium";

/**
 * Makes sure that there is a browser for the end-to-end tests: CHROMIUM_PATH, or Debian's, which is installed when this
 * is a Debian and we may.
 *
 * @returns null when there is one, else how to get one
 */
export async function ensureChromium(root: string): Promise<string | null> {
  const given = process.env.CHROMIUM_PATH;
  if (given) return existsSync(given) ? null : `CHROMIUM_PATH is ${given}, which does not exist.`;
  if (existsSync(DEBIAN_PATH)) return null;
  const advice =
    "Install Chromium (Debian, Ubuntu: `apt-get install chromium` as root) or set CHROMIUM_PATH.";
  if (process.getuid?.() !== 0 || !has("apt-get")) return advice;
  const options = { cwd: root, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  try {
    await run("apt-get", ["update", "-qq"], options);
    await run("apt-get", ["install", "-qq", "-y", "--no-install-recommends", "chromium"], options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `${advice}\napt-get could not: ${error.output.trim().split("\n").at(-1)}`;
  }
  return existsSync(DEBIAN_PATH) ? null : advice;
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
