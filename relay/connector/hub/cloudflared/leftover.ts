import type { Log } from "../../upstream/log.ts";
import { listProcesses, type RunningProcess } from "../processes.ts";

/** What is asked to end has so long before it is made to, ms. */
const KILL_AFTER_MS = 12_000;
const LOOK_MS = 100;

/**
 * Ends every cloudflared that was started with this file: one that a predecessor of ours, ended by force, has left
 * behind. Two would both take requests, the older one perhaps with an old token. It is found by its command line, not
 * by a number in a file: nothing is missed that was started a moment before the end, and no number that somebody
 * else has by now is hit.
 *
 * @param file the argument that only cloudflareds of this hub have
 * @returns how many there were
 */
export async function endLeftovers(
  file: string,
  env: Record<string, string | undefined>,
  log: Log,
): Promise<number> {
  const found = await leftovers(file, env);
  for (const { pid } of found) {
    log("warn", "ended a cloudflared that an earlier run has left behind", { pid });
    signal(pid, "SIGTERM");
  }
  const until = performance.now() + KILL_AFTER_MS;
  let left = found;
  while (left.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    left = await leftovers(file, env);
    if (performance.now() > until) for (const { pid } of left) signal(pid, "SIGKILL");
  }
  return found.length;
}

async function leftovers(file: string, env: Record<string, string | undefined>): Promise<RunningProcess[]> {
  return (await listProcesses(env)).filter(
    ({ pid, commandLine }) => pid !== process.pid && runsWith(commandLine, file),
  );
}

/** Whether a command line is that of a cloudflared which was given this file. */
export function runsWith(commandLine: string, file: string): boolean {
  const line = `${commandLine.replaceAll('"', "")} `;
  return (
    / tunnel .*\brun\b/.test(line) &&
    [" --token-file ", " --config "].some((flag) => line.includes(`${flag}${file} `))
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Gone meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
