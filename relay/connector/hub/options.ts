import { isIP } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { usageError } from "../exit.ts";
import { configDir } from "../options/config-dir.ts";
import { type Options, resolveOptions, type Sources } from "../options/connect-options.ts";
import type { Setting } from "../options/fields.ts";
import * as read from "../options/read-values.ts";
import { checkHubId, listHubIds, type SelfHostedSettings } from "./state.ts";

/** What a tunnel leads to, unless it is said or known from before. */
export const DEFAULT_SERVICE_URL = "http://localhost:8080";
const CLOUDFLARE_API = "https://api.cloudflare.com/client/v4";

/** What was typed for a hub, beside what all commands know. */
export interface HubFlags {
  hubId?: string;
  hubToken?: string;
  accountId?: string;
  /** The subdomain wished for. */
  name?: string;
  to?: string;
  cloudflared?: string;
  dnsServers?: string;
  reportSeconds?: string;
  selfHosted?: boolean;
  cfAccount?: string;
  cfTokenFile?: string;
  domain?: string;
  hostname?: string;
}

/** What the commands of a hub work with: complete and checked. */
export interface HubOptions
  extends Pick<Options, "portal" | "credential" | "deviceId" | "network" | "json" | "logFile" | "backup"> {
  /** The config directory. */
  dir: string;
  /** Null: not said. */
  hubId: string | null;
  hubToken: string | null;
  accountId: string | null;
  /** The subdomain wished for. */
  subdomain: string | null;
  serviceUrl: string | null;
  cloudflared: string | null;
  /** Asked instead of the system's; empty: the system's. */
  dnsServers: string[];
  /** Between two reports; null: as the portal says. */
  reportMs: number | null;
  /** With a Cloudflare account of the customer's own; null: with ours. */
  selfHosted: SelfHostedSettings | null;
  /** Of Cloudflare's API; another one for tests. */
  cloudflareApi: string;
}

/** Variables for what a flag would show to everybody who lists the processes, and for services. */
const variables = {
  hubId: "HOTSPOT_HUB_ID",
  hubToken: "HOTSPOT_HUB_TOKEN",
  accountId: "HOTSPOT_HUB_ACCOUNT",
  cloudflared: "HOTSPOT_CLOUDFLARED",
  dnsServers: "HOTSPOT_DNS_SERVERS",
  reportSeconds: "HOTSPOT_HUB_REPORT_SECONDS",
} as const satisfies Partial<Record<keyof HubFlags, string>>;

/**
 * Puts the settings of a hub together: flag before environment; those that other commands have too also from the
 * config files.
 * @throws ExitError usage
 */
export function resolveHubOptions(sources: Sources, flags: HubFlags): HubOptions {
  // What endpoints forward to is no business of a hub, which says its own.
  const shared = resolveOptions({ ...sources, flags: { ...sources.flags, to: undefined } });
  const setting = (key: keyof HubFlags): Setting | null => {
    const typed = flags[key];
    if (typed !== undefined) return { value: typed, origin: "flag" };
    const fromEnv = key in variables ? sources.env[variables[key as keyof typeof variables]] : undefined;
    return fromEnv === undefined || fromEnv.trim() === "" ? null : { value: fromEnv, origin: "env" };
  };
  const seconds = read.integer(setting("reportSeconds"), "report-seconds", 1, 3_600);
  const hubId = read.text(setting("hubId"), "hub-id", 200);
  return {
    ...shared,
    dir: configDir(sources.env),
    hubId: hubId === null ? null : checkHubId(hubId),
    hubToken: readHubToken(setting("hubToken")),
    accountId: read.text(setting("accountId"), "account-id", 200),
    subdomain: read.text(setting("name"), "name", 63)?.toLowerCase() ?? null,
    serviceUrl: readServiceUrl(flags.to ?? null),
    cloudflared: read.text(setting("cloudflared"), "cloudflared", 4_000),
    dnsServers: readServers(read.text(setting("dnsServers"), "dns-servers", 1_000)),
    reportMs: seconds === null ? null : seconds * 1_000,
    selfHosted: flags.selfHosted ? readSelfHosted(flags, sources.cwd) : null,
    cloudflareApi: (sources.env.CLOUDFLARE_API_BASE || CLOUDFLARE_API).replace(/\/+$/, ""),
  };
}

/** The hub to be enabled: the one that was said, else the only one of this machine, else one named like the machine. */
export function newHubId({ dir, hubId }: Pick<HubOptions, "dir" | "hubId">): string {
  if (hubId !== null) return hubId;
  const known = listHubIds(dir);
  return known.length === 0 ? ownHubId() : chooseHub({ dir, hubId });
}

/** The name of this machine, as far as it can be the name of a hub. */
function ownHubId(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 120);
  return name === "" ? "hub" : name;
}

/**
 * The hub that is meant: the one that was said, else the only one of this machine.
 * @throws ExitError usage: there is none, or several
 */
export function chooseHub({ dir, hubId }: Pick<HubOptions, "dir" | "hubId">): string {
  if (hubId !== null) return hubId;
  const known = listHubIds(dir);
  if (known.length === 1) return known[0]!;
  if (known.length === 0)
    throw usageError("There is no hub on this machine. `hotspot hub enable` makes it one.");
  throw usageError(`Which hub? Give --hub-id with one of ${known.join(", ")}.`);
}

/** What is missing is named later, as a precondition. @param cwd where a relative path begins */
function readSelfHosted(flags: HubFlags, cwd: string): SelfHostedSettings {
  const text = (value: string | undefined) => {
    const trimmed = value?.trim() ?? "";
    return trimmed === "" ? null : trimmed;
  };
  const name = (value: string | undefined) => text(value)?.toLowerCase().replace(/\.$/, "") ?? null;
  const tokenFile = text(flags.cfTokenFile);
  return {
    accountId: text(flags.cfAccount),
    tokenFile: tokenFile === null ? null : resolve(cwd, tokenFile),
    domain: name(flags.domain),
    hostname: name(flags.hostname),
  };
}

/** `8080`, `localhost:8080` or a whole address: a tunnel leads to a host and a port, without a path. */
function readServiceUrl(value: string | null): string | null {
  if (value === null) return null;
  const trimmed = value.trim();
  const whole = /^\d+$/.test(trimmed)
    ? `http://localhost:${trimmed}`
    : /^[a-z]+:\/\//i.test(trimmed)
      ? trimmed
      : `http://${trimmed}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  const isPlain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === "/" &&
    url.search === "" &&
    url.username === "";
  if (isPlain) return url.origin;
  throw usageError(
    `--to is "${trimmed}". Give what the tunnel shall lead to without a path, like http://localhost:8080.`,
  );
}

/** The value of a wrong token is never repeated. */
function readHubToken(setting: Setting | null): string | null {
  if (setting === null) return null;
  const value = String(setting.value).trim();
  if (/^hs_hub_[\x21-\x7e]{1,200}$/.test(value)) return value;
  throw usageError(
    "That hub token is none: it starts with hs_hub_ and is shown once in the portal, on the hub's page.",
  );
}

function readServers(text: string | null): string[] {
  if (text === null) return [];
  const servers = text.split(/[\s,]+/).filter((server) => server !== "");
  for (const server of servers) {
    const host =
      /^\[(.+)\](?::\d+)?$/.exec(server)?.[1] ?? (isIP(server) ? server : server.replace(/:\d+$/, ""));
    if (isIP(host) === 0)
      throw usageError(`dns-servers has "${server}". Give addresses, like 1.1.1.1 or 127.0.0.1:5353.`);
  }
  return servers;
}
