import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { ExitCode, usageError } from "../exit.ts";
import { cloudflaredAdvice, findCloudflared } from "../hub/cloudflared/find.ts";
import { getHubSettings } from "../hub/state.ts";
import { configDir } from "../options/config-dir.ts";
import { gatherSettings, resolveOptions, type Sources } from "../options/connect-options.ts";
import type { Settings } from "../options/fields.ts";
import { hubServiceConfig, serviceConfig, writeServiceConfig } from "../service/config.ts";
import { type ServiceHost, serviceManager } from "../service/manager.ts";
import { createRunCommand } from "../service/run-command.ts";
import type { CommandContext } from "./context.ts";

export interface ServiceFlags {
  name: string;
  system: boolean;
  json: boolean;
}

/** The machine's own directory, for a service that belongs to no user. */
const SYSTEM_CONFIG_DIR = "/etc/hotspot";

/**
 * Installs `hotspot connect` as a service, with the settings of now, and starts it.
 * @throws ExitError
 */
export async function installService(
  sources: Sources,
  flags: ServiceFlags,
  context: CommandContext,
  host: ServiceHost = thisHost(context),
): Promise<ExitCode> {
  const { env } = prepare(sources, flags, host);
  const dir = configDir(env);
  const path = configPath(dir, flags.name);
  const manager = serviceManager(host, flags.system, path);
  manager.requireRights("install");
  const options = resolveOptions({ ...sources, env });
  if (options.credential === null) {
    throw usageError(
      "A service needs a license key or a login: give --license-key, or run `hotspot login` first.",
    );
  }
  const given = gatherSettings({ ...sources, env });
  const common = { ...given.common };
  common.deviceId ??= { value: options.deviceId, origin: "env" };
  takeFromShell(common, env);
  writeServiceConfig(path, serviceConfig({ ...given, common }, sources.cwd));
  // Both restart whatever does not end with 0 and know no exceptions.
  const afterFatal = host.platform === "darwin" ? ["zero"] : host.platform === "win32" ? ["stay"] : [];
  const notes = await manager.install({
    name: flags.name,
    argv: [
      ...context.program,
      ...["connect", "--config", path, "--config-dir", resolve(sources.cwd, dir)],
      ...afterFatal.flatMap((value) => ["--after-fatal", value]),
      // Nobody reads the stdout of a task.
      ...(host.platform === "win32" && options.logFile === null
        ? ["--log-file", join(dir, `${flags.name}.log`)]
        : []),
    ],
    runsCommands: options.endpoints.some(({ wake }) => wake !== null),
  });
  context.stdout(
    `${[`Settings and license key are in ${path}, readable by you only.`, ...notes].join("\n")}\n`,
  );
  context.stdout(`Installed and started ${flags.name}. \`hotspot service status\` says how it is.\n`);
  return ExitCode.stopped;
}

/**
 * Installs `hotspot hub run` as a service and starts it. What the hub needs is in its own settings already; beside them
 * go those of the program: proxy, authorities, log.
 * @throws ExitError usage: there is no such hub, it is off, or cloudflared is missing
 */
export async function installHubService(
  sources: Sources,
  hubId: string,
  flags: ServiceFlags,
  context: CommandContext,
  host: ServiceHost = thisHost(context),
): Promise<ExitCode> {
  const { env } = prepare(sources, flags, host);
  const dir = resolve(sources.cwd, configDir(env));
  const path = configPath(dir, flags.name);
  const manager = serviceManager(host, flags.system, path);
  manager.requireRights("install");
  const hub = getHubSettings(dir, hubId);
  if (!hub.enabled) throw usageError(`The hub ${hubId} is off. \`hotspot hub enable\` switches it on.`);
  // A service has another PATH than this shell.
  const cloudflared = findCloudflared(hub.cloudflared, env, sources.cwd);
  if (cloudflared === null) throw usageError(cloudflaredAdvice(hub.cloudflared));
  const { common } = gatherSettings({ ...sources, env });
  takeFromShell(common, env);
  writeServiceConfig(path, hubServiceConfig(common, sources.cwd));
  const afterFatal = host.platform === "darwin" ? ["zero"] : host.platform === "win32" ? ["stay"] : [];
  const notes = await manager.install({
    name: flags.name,
    argv: [
      ...context.program,
      ...[
        "hub",
        "run",
        "--hub-id",
        hubId,
        "--config",
        path,
        "--config-dir",
        dir,
        "--cloudflared",
        cloudflared,
      ],
      ...afterFatal.flatMap((value) => ["--after-fatal", value]),
      ...(host.platform === "win32" && common.logFile === undefined
        ? ["--log-file", join(dir, `${flags.name}.log`)]
        : []),
    ],
    // cloudflared gives up rights well; backups read what they are told to.
    runsCommands: false,
  });
  context.stdout(`${notes.join("\n")}\nInstalled and started ${flags.name}, which runs the hub ${hubId}.\n`);
  return ExitCode.stopped;
}

/** Stops and removes the service; its settings stay. @throws ExitError */
export async function uninstallService(
  sources: Sources,
  flags: ServiceFlags,
  context: CommandContext,
  host: ServiceHost = thisHost(context),
): Promise<ExitCode> {
  const { env } = prepare(sources, flags, host);
  const path = configPath(configDir(env), flags.name);
  const notes = await serviceManager(host, flags.system, path).uninstall(flags.name);
  if (existsSync(path)) notes.push(`Its settings with the license key stay in ${path}.`);
  context.stdout(`${notes.join("\n")}\n`);
  return ExitCode.stopped;
}

/** Says whether the service is there and runs. @returns faults when it does not run */
export async function serviceStatus(
  sources: Sources,
  flags: ServiceFlags,
  context: CommandContext,
  host: ServiceHost = thisHost(context),
): Promise<ExitCode> {
  const { env } = prepare(sources, flags, host);
  const status = await serviceManager(host, flags.system, configPath(configDir(env), flags.name)).status(
    flags.name,
  );
  if (flags.json) context.stdout(`${JSON.stringify({ name: flags.name, ...status })}\n`);
  else if (!status.installed) {
    context.stdout(`${flags.name} is not installed. \`hotspot service install\` does it.\n`);
  } else {
    const boot = status.startsAtBoot ? "starts at boot" : "does not start at boot";
    context.stdout(`${flags.name} ${status.running ? "runs" : "does not run"}: ${status.detail}; ${boot}\n`);
  }
  return status.running ? ExitCode.stopped : ExitCode.faults;
}

function prepare(sources: Sources, { name, system }: ServiceFlags, host: ServiceHost): Sources {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    throw usageError(`--name is "${name}". Give 1 to 40 lower-case letters, digits and inner hyphens.`);
  }
  const own = system && host.platform !== "win32" && !sources.env.HOTSPOT_CONFIG_DIR;
  return own ? { ...sources, env: { ...sources.env, HOTSPOT_CONFIG_DIR: SYSTEM_CONFIG_DIR } } : sources;
}

/** A service has another environment than this shell: what of it holds for connections goes into the settings. */
function takeFromShell(settings: Settings, env: Sources["env"]): void {
  const proxy = env.https_proxy || env.HTTPS_PROXY;
  if (proxy) settings.proxy ??= { value: proxy, origin: "env" };
  if (env.NODE_EXTRA_CA_CERTS) settings.caFile ??= { value: env.NODE_EXTRA_CA_CERTS, origin: "env" };
}

function configPath(dir: string, name: string): string {
  return resolve(dir, "services", `${name}.yaml`);
}

function thisHost({ env }: CommandContext): ServiceHost {
  return {
    platform: process.platform,
    home: env.HOME || homedir(),
    user: userInfo().username,
    uid: process.getuid?.() ?? null,
    env,
    run: createRunCommand(env),
  };
}
