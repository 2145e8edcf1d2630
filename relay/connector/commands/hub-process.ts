import { type ExitCode, ExitError } from "../exit.ts";
import type { HubContext } from "../hub/context.ts";
import type { HubOptions } from "../hub/options.ts";
import { createHubOutput } from "../hub/output.ts";
import { takeRunLock } from "../hub/run-lock.ts";
import type { CommandContext } from "./context.ts";

/**
 * Runs what makes this process the one that serves the hub.
 * @throws ExitError usage: another process serves it; what `task` throws
 */
export async function withHub(
  options: HubOptions & { hubId: string },
  context: CommandContext,
  task: (hub: HubContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { env, cwd, stopRequested } = context;
  const output = createHubOutput(options, env, context);
  try {
    const lock = await takeRunLock(options.dir, options.hubId, env);
    try {
      context.onReload(() => output.reopen());
      return await task({ options, env, cwd, output, stopRequested });
    } finally {
      lock.release();
    }
  } catch (error) {
    // Otherwise it is said on stderr only, which a service has none of.
    if (error instanceof ExitError && options.logFile !== null) output.note(error.message);
    throw error;
  } finally {
    output.close();
  }
}
