import { Command, Option } from "commander";
import { connect } from "./commands/connect.ts";
import type { CommandContext } from "./commands/context.ts";
import { doctor } from "./commands/doctor.ts";
import { login } from "./commands/login.ts";
import { logs } from "./commands/logs.ts";
import { installHubService, installService, serviceStatus, uninstallService } from "./commands/service.ts";
import { status } from "./commands/status.ts";
import { type ExitCode, usageError } from "./exit.ts";
import { type Flags, linkOptions, serving, shared, upstreamOptions, withoutDefaults } from "./flags.ts";
import { addHub } from "./hub/program.ts";
import { type Options, resolveOptions, type Sources } from "./options/connect-options.ts";
import type { Value } from "./options/fields.ts";
import { TcpOptionsError, withTarget } from "./tcp/options.ts";
import { fullVersion } from "./version.ts";

/** Runs a command with what was typed, and keeps its exit code. */
export type Run = (
  command: (sources: Sources, flags: Flags) => Promise<ExitCode>,
) => (flags: Flags) => Promise<void>;

/** The commands of the program and their options. */
export function createProgram(run: Run, context: CommandContext): Command {
  const program = new Command("hotspot")
    .description("Gives software on this machine a public address.")
    .version(fullVersion())
    .exitOverride()
    .configureOutput({ writeOut: context.stdout, writeErr: context.stderr })
    .showHelpAfterError("Run with --help to see what there is.");
  addServing(program, run, context);
  addAsking(program, run, context);
  addService(program, run, context);
  addHub(program, run, context);
  return program;
}

function addServing(program: Command, run: Run, context: CommandContext): void {
  serving(
    program.command("connect").description("serve an endpoint, or all of the config file, until Ctrl-C"),
  )
    .argument("[target]", "port or address of the upstream, short for --to")
    .addOption(
      new Option("--after-fatal <what>", "for services: end with 0, or stay, where a restart would not help")
        .choices(["zero", "stay"])
        .hideHelp(),
    )
    .action((target: string | undefined, flags: Flags, command: Command) =>
      run((sources) => {
        const read = () => resolveOptions(sources);
        return connect(read(), { ...context, env: sources.env }, read);
      })(withoutDefaults(withUpstream(target, flags), command)),
    );

  linkOptions(
    shared(
      program
        .command("tcp")
        .description("give TCP ports of this machine public ones until Ctrl-C")
        .argument("<tunnels...>", "22, db=5432 or db=10.0.0.5:5432"),
    ),
  )
    .option("--to <target>", "another host, or host:port for a single tunnel")
    .option("--proxy-protocol", "tell the targets who the client is (PROXY protocol v2)")
    .action((tunnels: string[], flags: Flags, command: Command) => {
      const tcp = targeted(tunnels, flags.to).join(",");
      return run((sources) => {
        const read = () => tcpAlone(resolveOptions(sources));
        return connect(read(), { ...context, env: sources.env }, read);
      })(withoutDefaults({ ...flags, tcp, to: undefined }, command));
    });
}

function addAsking(program: Command, run: Run, context: CommandContext): void {
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

  shared(program.command("logs").description("show the requests that the endpoint has had, newest last"))
    .option("-f, --follow", "and those that come, until Ctrl-C")
    .option("--limit <n>", "how many to begin with, 1 to 200 (20)")
    .action((flags: Flags) =>
      run((sources) => {
        const { follow = false, limit = "20" } = flags;
        return logs(resolveOptions(sources), { follow, limit }, context);
      })(flags),
    );

  upstreamOptions(shared(program.command("doctor").description("look for what is wrong, and say what to do")))
    .argument("[target]", "port or address of the upstream, short for --to")
    .option("--relay <url>", "instead of the relay that the portal names")
    .option("--model <name>", "a model that the upstream must have")
    .action((target: string | undefined, flags: Flags) =>
      run((sources) => doctor(sources, flags.model ?? null, context))(withUpstream(target, flags)),
    );
}

function addService(program: Command, run: Run, context: CommandContext): void {
  const service = program.command("service").description("run at boot, without anybody logged in");
  const named = (command: Command) =>
    command
      .option("--name <name>", "name of the service", "hotspot")
      .option("--system", "for the whole machine, not for this user");
  const about = (flags: Flags) => ({
    name: flags.name ?? "hotspot",
    system: flags.system === true,
    json: flags.json === true,
  });
  named(serving(service.command("install").description("install and start it, with the settings given here")))
    .argument("[target]", "port or address of the upstream, short for --to")
    .option("--hub <id>", "runs this hub, enabled before, instead of serving endpoints")
    .action((target: string | undefined, flags: Flags, command: Command) =>
      run((sources, given) =>
        given.hub === undefined
          ? installService(sources, about(given), context)
          : installHubService(sources, given.hub, about(given), context),
      )(withoutDefaults(withUpstream(target, flags), command)),
    );
  named(shared(service.command("uninstall").description("stop and remove it"))).action((flags: Flags) =>
    run((sources, given) => uninstallService(sources, about(given), context))(flags),
  );
  named(shared(service.command("status").description("say whether it runs"))).action((flags: Flags) =>
    run((sources, given) => serviceStatus(sources, about(given), context))(flags),
  );
}

function withUpstream(target: string | undefined, flags: Flags): Flags {
  if (target !== undefined && flags.to !== undefined) {
    throw usageError(`Say the upstream once: "${target}" or --to ${flags.to}.`);
  }
  return { ...flags, to: target ?? flags.to };
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
