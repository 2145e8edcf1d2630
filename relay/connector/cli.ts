import { Command, CommanderError, Option } from "commander";
import { connect } from "./commands/connect.ts";
import type { CommandContext } from "./commands/context.ts";
import { login } from "./commands/login.ts";
import { installService, serviceStatus, uninstallService } from "./commands/service.ts";
import { status } from "./commands/status.ts";
import { ExitCode, ExitError, usageError } from "./exit.ts";
import { resolveOptions, type Sources } from "./options/connect-options.ts";
import { type FieldKey, fieldKeys, type Value } from "./options/fields.ts";
import { exitFor, PortalError, PortalUnreachableError } from "./portal/errors.ts";
import { FATAL_EXIT_CODES } from "./service/plan.ts";
import { fullVersion } from "./version.ts";

type Flags = Partial<Record<FieldKey, Value>> & {
  config?: string;
  configDir?: string;
  apiKey?: string;
  name?: string;
  system?: boolean;
  afterFatal?: "zero" | "stay";
};

/**
 * Runs the program with the arguments after its name. Never throws; every end has its exit code, and an end by an
 * error one sentence on stderr.
 */
export async function runCli(args: string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.stopped;
  const run: Run = (command) => async (flags) => {
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
    return end.exitCode;
  }
}

type RunCommand = (sources: Sources, flags: Flags) => Promise<ExitCode>;
type Run = (command: RunCommand) => (flags: Flags) => Promise<void>;

function readSources(flags: Flags, { env, cwd }: CommandContext): Sources {
  const given = Object.fromEntries(fieldKeys.map((key) => [key, flags[key]]));
  const dir = flags.configDir === undefined ? {} : { HOTSPOT_CONFIG_DIR: flags.configDir };
  return { flags: given, configFile: flags.config, env: { ...env, ...dir }, cwd };
}

function createProgram(run: Run, context: CommandContext): Command {
  const program = new Command("hotspot")
    .description("Gives software on this machine a public address.")
    .version(fullVersion())
    .exitOverride()
    .configureOutput({ writeOut: context.stdout, writeErr: context.stderr })
    .showHelpAfterError("Run with --help to see what there is.");

  serving(
    program.command("connect").description("serve an endpoint, or all of the config file, until Ctrl-C"),
  )
    .argument("[target]", "port or address of the upstream, short for --to")
    .addOption(
      new Option("--after-fatal <what>", "for services: end with 0, or stay, where a restart would not help")
        .choices(["zero", "stay"])
        .hideHelp(),
    )
    .action((target: string | undefined, flags: Flags, command: Command) => {
      if (target !== undefined && flags.to !== undefined) {
        throw usageError(`Say the upstream once: "${target}" or --to ${flags.to}.`);
      }
      const to = target ?? flags.to;
      return run((sources) => {
        const read = () => resolveOptions(sources);
        return endAsAsked(async () => connect(read(), context, read), flags.afterFatal, context);
      })(withoutDefaults({ ...flags, to }, command));
    });

  shared(program.command("login").description("store an API key of yours, so that no license key is needed"))
    .option("--api-key <key>", "a key from the portal, instead of a login in the browser")
    .action((flags: Flags) =>
      run((sources) =>
        login(resolveOptions(sources), flags.apiKey ?? null, { ...context, env: sources.env }),
      )(flags),
    );

  shared(program.command("status").description("say whether the endpoint is online")).action((flags: Flags) =>
    run((sources) => status(resolveOptions(sources), context))(flags),
  );

  const service = program.command("service").description("run at boot, without anybody logged in");
  const forService = (command: Command) =>
    command
      .option("--name <name>", "name of the service", "hotspot")
      .option("--system", "for the whole machine, not for this user");
  const about = (flags: Flags) => ({
    name: flags.name ?? "hotspot",
    system: flags.system === true,
    json: flags.json === true,
  });
  forService(
    serving(service.command("install").description("install and start it, with the settings given here")),
  )
    .argument("[target]", "port or address of the upstream, short for --to")
    .action((target: string | undefined, flags: Flags, command: Command) =>
      run((sources, given) => installService(sources, about(given), context))(
        withoutDefaults({ ...flags, to: target ?? flags.to }, command),
      ),
    );
  forService(shared(service.command("uninstall").description("stop and remove it"))).action((flags: Flags) =>
    run((sources, given) => uninstallService(sources, about(given), context))(flags),
  );
  forService(shared(service.command("status").description("say whether it runs"))).action((flags: Flags) =>
    run((sources, given) => serviceStatus(sources, about(given), context))(flags),
  );
  return program;
}

/** Some service managers start again whatever does not end with 0, others whatever ends. */
async function endAsAsked(
  serve: () => Promise<ExitCode>,
  afterFatal: Flags["afterFatal"],
  context: CommandContext,
): Promise<ExitCode> {
  try {
    return await serve();
  } catch (error) {
    const end = asExit(error);
    if (afterFatal === undefined || !FATAL_EXIT_CODES.includes(end.exitCode)) throw error;
    context.stderr(`hotspot: ${end.message}\n`);
    if (afterFatal === "stay") await context.stopRequested;
    return ExitCode.stopped;
  }
}

/** Options of the commands that serve. */
function serving(command: Command): Command {
  return shared(command)
    .option("--to <url>", "what to forward to, e.g. http://127.0.0.1:11434; looked for when left out")
    .option("--relay <url>", "instead of the relay that the portal names")
    .option("--connections <n>", "links held at once (1)")
    .option(
      "--host-header <value>",
      "Host the upstream sees: rewrite (its own), preserve (the public one), or a name",
    )
    .option("--upstream-timeout <seconds>", "silence allowed before an answer begins (300)")
    .option("--health <url or path>", "asked again and again; while it fails, other connectors are preferred")
    .option("--health-seconds <n>", "between two looks (10)")
    .option("--wake <command>", "starts the upstream when the first request comes")
    .option("--wake-seconds <n>", "time it has to become ready (120)")
    .option("--wake-stop <command>", "stops it; otherwise what --wake started is ended")
    .option("--idle-seconds <n>", "without a request, after which it is stopped (1200); 0 for never")
    .option("--insecure-upstream", "do not check the certificate of an https upstream")
    .option("--log-format <format>", "text or json, the same as --json")
    .option("--log-file <file>", "write everything there instead; SIGHUP opens it anew")
    .option("--claim", "claim the name first when nobody has it")
    .option("--no-retry", "end when portal or relay cannot be reached at the start");
}

/** Options that every command has. */
function shared(command: Command): Command {
  return command
    .option("--slug <name>", "name of the endpoint")
    .option("--license-key <key>", "key from the portal's license page; better in HOTSPOT_LICENSE_KEY")
    .option("--portal <url>", "address of the portal")
    .option("--device-id <id>", "name of this device; made once and kept when left out")
    .option("--proxy <url>", "HTTP proxy to portal and relay, instead of HTTPS_PROXY; none goes without")
    .option("--ca-file <file>", "PEM certificates to trust as well")
    .option("--config <file>", "YAML file with the same names")
    .option("--config-dir <dir>", "where device id and login are kept (~/.config/hotspot)")
    .option("--json", "print JSON lines");
}

/** Commander makes `retry` true by itself because of `--no-retry`; only what was typed counts as a flag. */
function withoutDefaults(flags: Flags, command: Command): Flags {
  return command.getOptionValueSource("retry") === "cli" ? flags : { ...flags, retry: undefined };
}

function asExit(error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  if (error instanceof PortalUnreachableError) return new ExitError(ExitCode.unreachable, error.message);
  if (error instanceof PortalError) {
    return exitFor(error) ?? new ExitError(ExitCode.unreachable, error.message);
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ExitError(ExitCode.unexpected, `Something went wrong that should not: ${detail}`);
}
