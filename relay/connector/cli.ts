import { CommanderError } from "commander";
import type { CommandContext } from "./commands/context.ts";
import { ExitCode, ExitError } from "./exit.ts";
import type { Flags } from "./flags.ts";
import type { Sources } from "./options/connect-options.ts";
import { fieldKeys } from "./options/fields.ts";
import { exitFor, PortalError, PortalUnreachableError } from "./portal/errors.ts";
import { createProgram, type Run } from "./program.ts";
import { FATAL_EXIT_CODES } from "./service/plan.ts";

/**
 * Runs the program with the arguments after its name. Never throws; every end has its exit code, and an end by an
 * error one sentence on stderr.
 */
export async function runCli(args: string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.stopped;
  let afterFatal: Flags["afterFatal"];
  const run: Run = (command) => async (flags) => {
    ({ afterFatal } = flags);
    exitCode = await command(readSources(flags, context), flags);
  };
  try {
    await createProgram(run, context).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong, or shown help, itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.stopped : ExitCode.usage;
    const end = asExit(error);
    context.stderr(`hotspot: ${end.message}\n`);
    // Some service managers start again whatever does not end with 0, others whatever ends.
    if (afterFatal === undefined || !FATAL_EXIT_CODES.includes(end.exitCode)) return end.exitCode;
    if (afterFatal === "stay") await context.stopRequested;
    return ExitCode.stopped;
  }
}

function readSources(flags: Flags, { env, cwd }: CommandContext): Sources {
  const given = Object.fromEntries(fieldKeys.map((key) => [key, flags[key]]));
  const dir = flags.configDir === undefined ? {} : { HOTSPOT_CONFIG_DIR: flags.configDir };
  return { flags: given, configFile: flags.config, env: { ...env, ...dir }, cwd };
}

/** An error as the end of the program: a sentence and an exit code. */
function asExit(error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  if (error instanceof PortalUnreachableError) return new ExitError(ExitCode.unreachable, error.message);
  if (error instanceof PortalError) {
    return exitFor(error) ?? new ExitError(ExitCode.unreachable, error.message);
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ExitError(ExitCode.unexpected, `Something went wrong that should not: ${detail}`);
}
