import { type BackupOptions, readBackupOptions } from "../backup/options.ts";
import { usageError } from "../exit.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { readTcpTunnels, TcpOptionsError, type TcpTunnelOptions } from "../tcp/options.ts";
import type { HostHeader } from "../upstream/request-head.ts";
import type { WakeOptions } from "../wake/options.ts";
import { configDir, loadCredentials, loadDeviceId } from "./config-dir.ts";
import { readConfigFiles } from "./config-file.ts";
import { type FieldKey, type FileSettings, fieldKeys, fields, type Settings, type Value } from "./fields.ts";
import { nearest } from "./nearest.ts";
import * as read from "./read-values.ts";

/** Where the portal is when nobody says otherwise: a local run. */
const DEFAULT_PORTAL = "http://localhost:3000";

/** How this program proves itself to the portal. */
export type Credential = { kind: "license"; licenseKey: string } | { kind: "apiKey"; apiKey: string };

/** One endpoint to be served. */
export interface EndpointOptions {
  /** Null when none is named. */
  slug: string | null;
  /** As given; null when the upstream is to be found. */
  to: string | null;
  connections: number;
  hostHeader: HostHeader;
  upstreamTimeoutMs: number;
  insecureUpstream: boolean;
  /** What is asked whether the upstream is well: a URL, or a path of the upstream. Null: nothing is. */
  health: string | null;
  healthMs: number;
  /** Null: the upstream is somebody else's to start. */
  wake: WakeOptions | null;
  /** TCP tunnels beside the HTTP upstream; with some and without `to` there is no HTTP. */
  tcp: readonly TcpTunnelOptions[];
  claim: boolean;
}

/** What the commands work with: complete and checked. */
export interface Options {
  portal: string;
  relay: string | null;
  /** Null when there is neither a license key nor a login. */
  credential: Credential | null;
  deviceId: string;
  network: Network;
  retry: boolean;
  /** What is printed is JSON lines. */
  json: boolean;
  /** Where it is written instead of stdout and stderr; null: there. */
  logFile: string | null;
  /** Of a hub; for its own plan to be completed with. */
  backup: BackupOptions;
  /** At least one; one with a null slug when nothing names any. */
  endpoints: EndpointOptions[];
}

export interface Sources {
  /** From the command line; `undefined` where a flag is not given. */
  flags: Partial<Record<FieldKey, Value | undefined>>;
  /** `--config`. */
  configFile?: string;
  env: Record<string, string | undefined>;
  cwd: string;
}

/**
 * Puts the settings together: flag before environment before file.
 * @throws ExitError usage, with a sentence per mistake
 */
export function resolveOptions(sources: Sources): Options {
  const dir = configDir(sources.env);
  const explicit = sources.configFile ?? (sources.env.HOTSPOT_CONFIG || undefined);
  const files = readConfigFiles({ explicit, cwd: sources.cwd, dir });
  const given = gather(sources);
  const settings: Settings = { ...files.common, ...given };
  const portal = read.httpUrl(settings.portal ?? null, "portal") ?? DEFAULT_PORTAL;
  return {
    portal,
    relay: read.relayUrl(settings.relay ?? null),
    credential: findCredential(settings, dir, portal),
    deviceId: read.text(settings.deviceId ?? null, "device-id", 200) ?? loadDeviceId(dir),
    network: createNetwork(
      {
        proxy: read.text(settings.proxy ?? null, "proxy", 2_000),
        caFile: read.path(settings.caFile ?? null, "ca-file", sources.cwd),
      },
      sources.env,
    ),
    retry: read.flag(settings.retry ?? null, "retry") ?? true,
    json:
      (read.flag(settings.json ?? null, "json") ?? false) ||
      read.oneOf(settings.logFormat ?? null, "log-format", ["text", "json"]) === "json",
    logFile: read.path(settings.logFile ?? null, "log-file", sources.cwd),
    backup: readBackupOptions(settings, sources.cwd),
    endpoints: chooseEndpoints(files, given).map(readEndpoint),
  };
}

/** The settings themselves, as text: of the program, and of each endpoint that is to be served. */
export interface ServedSettings {
  common: Settings;
  endpoints: Settings[];
}

/**
 * What `resolveOptions` reads, not yet read: to be written down for another start.
 * @throws ExitError usage
 */
export function gatherSettings(sources: Sources): ServedSettings {
  const explicit = sources.configFile ?? (sources.env.HOTSPOT_CONFIG || undefined);
  const files = readConfigFiles({ explicit, cwd: sources.cwd, dir: configDir(sources.env) });
  const given = gather(sources);
  return { common: { ...files.common, ...given }, endpoints: chooseEndpoints(files, given) };
}

/** What command line and environment say, which goes before every file. */
function gather({ flags, env }: Sources): Settings {
  const settings: Settings = {};
  for (const key of fieldKeys) {
    const fromEnv = env[fields[key].env];
    const fromFlag = flags[key];
    if (fromFlag !== undefined) settings[key] = { value: fromFlag, origin: "flag" };
    else if (fromEnv !== undefined && fromEnv.trim() !== "")
      settings[key] = { value: fromEnv, origin: "env" };
  }
  return settings;
}

/** All endpoints of the file, or the one that is asked for. */
function chooseEndpoints({ common, endpoints }: FileSettings, given: Settings): Settings[] {
  if (endpoints === null) return [{ ...common, ...given }];
  const slugOf = (entry: Settings) => read.slug(entry.slug ?? null);
  const wanted = read.slug(given.slug ?? null);
  const chosen = wanted === null ? endpoints : endpoints.filter((entry) => slugOf(entry) === wanted);
  if (wanted !== null && chosen.length === 0) {
    // Not of the file, but complete without it.
    if (given.to !== undefined) return [{ ...common, ...given }];
    const names = endpoints.map((entry) => String(slugOf(entry)));
    const near = nearest(wanted, names);
    throw usageError(
      `The config file has no endpoint ${wanted}. ${near ? `Did you mean "${near}"?` : `It has ${names.join(", ")}.`} Or say where to forward, with --to.`,
    );
  }
  for (const key of ["to", "tcp"] as const) {
    if (chosen.length < 2 || given[key] === undefined) continue;
    throw usageError(`--${key} is for one endpoint, and the config file has several. Say which with --slug.`);
  }
  return chosen.map((entry) => ({ ...common, ...entry, ...given, slug: entry.slug }));
}

/** Reads what one endpoint's settings say. */
function readEndpoint(settings: Settings): EndpointOptions {
  const to = read.text(settings.to ?? null, "to", 2_000);
  const tcp = readTcp(settings);
  if (to === null && tcp.length > 0) {
    for (const key of ["health", "wake"] as const) {
      if (settings[key] === undefined) continue;
      throw usageError(`${key} is about an HTTP upstream: give to as well, beside tcp.`);
    }
  }
  const timeout = read.integer(settings.upstreamTimeout ?? null, "upstream-timeout", 1, 86_400);
  return {
    slug: read.slug(settings.slug ?? null),
    to,
    connections: read.integer(settings.connections ?? null, "connections", 1, 16) ?? 1,
    hostHeader: read.hostHeader(settings.hostHeader ?? null),
    upstreamTimeoutMs: (timeout ?? 330) * 1_000,
    insecureUpstream: read.flag(settings.insecureUpstream ?? null, "insecure-upstream") ?? false,
    health: read.urlOrPath(settings.health ?? null, "health"),
    healthMs: (read.integer(settings.healthSeconds ?? null, "health-seconds", 1, 3_600) ?? 10) * 1_000,
    wake: readWake(settings),
    tcp,
    claim: read.flag(settings.claim ?? null, "claim") ?? false,
  };
}

/** @throws ExitError usage */
function readTcp(settings: Settings): TcpTunnelOptions[] {
  const { tcp } = settings;
  const proxyProtocol = read.flag(settings.proxyProtocol ?? null, "proxy-protocol") ?? false;
  if (tcp === undefined) return [];
  try {
    return readTcpTunnels(String(tcp.value), proxyProtocol);
  } catch (error) {
    if (!(error instanceof TcpOptionsError)) throw error;
    throw usageError(`tcp ${tcp.place ?? ""}: ${error.message}`.replace(" :", ":"));
  }
}

/** How to start the upstream. @throws ExitError usage when only the details are given */
function readWake(settings: Settings): WakeOptions | null {
  const command = read.text(settings.wake ?? null, "wake", 8_000);
  const stopCommand = read.text(settings.wakeStop ?? null, "wake-stop", 8_000);
  const startSeconds = read.integer(settings.wakeSeconds ?? null, "wake-seconds", 1, 3_600) ?? 120;
  const idleSeconds = read.integer(settings.idleSeconds ?? null, "idle-seconds", 0, 604_800) ?? 1_200;
  if (command !== null) {
    return { command, startMs: startSeconds * 1_000, idleMs: idleSeconds * 1_000, stopCommand };
  }
  for (const key of ["wakeStop", "wakeSeconds", "idleSeconds"] as const) {
    if (settings[key] === undefined) continue;
    throw usageError(
      `${fields[key].name} says how to handle an upstream that wake starts: give wake as well.`,
    );
  }
  return null;
}

/** A license key given in any way, else the stored login when it is for this portal. */
function findCredential(settings: Settings, dir: string, portal: string): Credential | null {
  const licenseKey = read.licenseKey(settings.licenseKey ?? null);
  if (licenseKey !== null) {
    if (settings.licenseKey?.origin !== "project") {
      refuseFromProject(settings, ["portal", ...onTheWay], "the license key comes from elsewhere");
    }
    return { kind: "license", licenseKey };
  }
  const login = loadCredentials(dir);
  if (login === null || new URL(login.portal).origin !== new URL(portal).origin) return null;
  refuseFromProject(settings, onTheWay, "the login is yours");
  return { kind: "apiKey", apiKey: login.apiKey };
}

/** Settings that say through whose hands a credential goes. */
const onTheWay = ["relay", "proxy", "caFile"] as const;

/** A cloned project must not be able to have somebody's key sent to a server of its choice. */
function refuseFromProject(settings: Settings, keys: readonly FieldKey[], reason: string): void {
  const key = keys.find((candidate) => settings[candidate]?.origin === "project");
  if (key === undefined) return;
  const { name } = fields[key];
  throw usageError(`./hotspot.yaml sets ${name}, but ${reason}. If you trust it, pass --${name} yourself.`);
}
