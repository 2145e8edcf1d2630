import { Command, CommanderError } from "commander";
import { connect } from "./commands/connect.ts";
import type { CommandContext } from "./commands/context.ts";
import { login } from "./commands/login.ts";
import { status } from "./commands/status.ts";
import { ExitCode, ExitError, usageError } from "./exit.ts";
import { type Options, resolveOptions } from "./options/connect-options.ts";
import { type FieldKey, fieldKeys, type Value } from "./options/fields.ts";
import { exitFor, PortalError, PortalUnreachableError } from "./portal/errors.ts";
import { TcpOptionsError, withTarget } from "./tcp/options.ts";
import { VERSION } from "./version.ts";

type Flags = Partial<Record<FieldKey, Value>> & { config?: string; apiKey?: string };

/**
 * Runs the program with the arguments after its name. Never throws; every end has its exit code, and an end by an
 * error one sentence on stderr.
 */
export async function runCli(args: string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.stopped;
  const run = (command: RunCommand) => async (flags: Flags) => {
    const given = Object.fromEntries(fieldKeys.map((key) => [key, flags[key]]));
    const { env, cwd } = context;
    const read = () => resolveOptions({ flags: given, configFile: flags.config, env, cwd });
    exitCode = await command(read(), flags, read);
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

/** @param reread reads the settings again, as files and environment are by then */
type RunCommand = (options: Options, flags: Flags, reread: () => Options) => Promise<ExitCode>;
type Run = (command: RunCommand) => (flags: Flags) => Promise<void>;

function createProgram(run: Run, context: CommandContext): Command {
  const program = new Command("hotspot")
    .description("Gives software on this machine a public address.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: context.stdout, writeErr: context.stderr })
    .showHelpAfterError("Run with --help to see what there is.");

  const connecting = program
    .command("connect")
    .description("serve an endpoint until Ctrl-C")
    .argument("[target]", "port or address of the upstream, short for --to");
  shared(connecting)
    .option("--to <url>", "what to forward to, e.g. http://127.0.0.1:11434; looked for when left out")
    .option("--relay <url>", "instead of the relay that the portal names")
    .option("--connections <n>", "links held at once (1)")
    .option(
      "--host-header <value>",
      "Host the upstream sees: rewrite (its own), preserve (the public one), or a name",
    )
    .option("--upstream-timeout <seconds>", "silence allowed before an answer begins (330)")
    .option("--health <url or path>", "asked again and again; while it fails, other connectors are preferred")
    .option("--health-seconds <n>", "between two looks (10)")
    .option("--wake <command>", "starts the upstream when the first request comes")
    .option("--wake-seconds <n>", "time it has to become ready (120)")
    .option("--wake-stop <command>", "stops it; otherwise what --wake started is ended")
    .option("--idle-seconds <n>", "without a request, after which it is stopped (1200); 0 for never")
    .option("--insecure-upstream", "do not check the certificate of an https upstream")
    .option("--tcp <tunnel>", "a TCP tunnel too: 22, db=5432, db=10.0.0.5:5432; may be repeated", listed)
    .option("--proxy-protocol", "tell targets of TCP tunnels who the client is (PROXY protocol v2)")
    .option("--log-format <format>", "text or json, the same as --json")
    .option("--log-file <file>", "write everything there instead; SIGHUP opens it anew")
    .option("--claim", "claim the name first when nobody has it")
    .option("--no-retry", "end when portal or relay cannot be reached at the start")
    .action((target: string | undefined, flags: Flags, command: Command) => {
      if (target !== undefined && flags.to !== undefined) {
        throw usageError(`Say the upstream once: "${target}" or --to ${flags.to}.`);
      }
      const to = target ?? flags.to;
      return run((options, _, reread) => connect(options, context, reread))(
        withoutDefaults({ ...flags, to }, command),
      );
    });

  shared(
    program
      .command("tcp")
      .description("give TCP ports of this machine public ones until Ctrl-C")
      .argument("<tunnels...>", "22, db=5432 or db=10.0.0.5:5432"),
  )
    .option("--to <target>", "another host, or host:port for a single tunnel")
    .option("--proxy-protocol", "tell the targets who the client is (PROXY protocol v2)")
    .option("--relay <url>", "instead of the relay that the portal names")
    .option("--connections <n>", "links held at once (1)")
    .option("--claim", "claim the name first when nobody has it")
    .option("--no-retry", "end when portal or relay cannot be reached at the start")
    .action((tunnels: string[], flags: Flags, command: Command) => {
      const tcp = targeted(tunnels, flags.to).join(",");
      return run((options, _, reread) => connect(tcpAlone(options), context, () => tcpAlone(reread())))(
        withoutDefaults({ ...flags, tcp, to: undefined }, command),
      );
    });

  shared(program.command("login").description("store an API key of yours, so that no license key is needed"))
    .option("--api-key <key>", "a key from the portal, instead of a login in the browser")
    .action((flags: Flags) => run((options) => login(options, flags.apiKey ?? null, context))(flags));

  shared(program.command("status").description("say whether the endpoint is online")).action((flags: Flags) =>
    run((options) => status(options, context))(flags),
  );
  return program;
}

/** A repeated option as one list. */
function listed(value: string, before: Value | undefined): Value {
  return before === undefined ? value : `${before},${value}`;
}

function targeted(tunnels: string[], to: Value | undefined): string[] {
  try {
    return to === undefined ? tunnels : withTarget(tunnels, String(to));
  } catch (error) {
    if (error instanceof TcpOptionsError) throw usageError(error.message);
    throw error;
  }
}

/** The config file may name an upstream for HTTP: not for this command. */
function tcpAlone(options: Options): Options {
  return {
    ...options,
    endpoints: options.endpoints.map((endpoint) => ({ ...endpoint, to: null, health: null, wake: null })),
  };
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
