import type { IngressRule, TunnelConfig } from "../core/state.ts";
import { Refusal } from "./envelope.ts";

/** Options of originRequest that are durations: integers of seconds over the API, never `30s`. */
const SECONDS = ["connectTimeout", "tlsTimeout", "tcpKeepAlive", "keepAliveTimeout"];

/** Reads what is PUT as a tunnel's config. @throws Refusal 400/1056 with what is wrong */
export function readTunnelConfig(value: unknown): TunnelConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad("config is missing");
  const config = value as TunnelConfig;
  checkOrigin(config.originRequest);
  if (config.ingress !== undefined) {
    const fault = findIngressFault(config.ingress);
    if (fault !== null) throw bad(fault);
    for (const rule of config.ingress) checkOrigin(rule.originRequest);
  }
  return config;
}

/** What cloudflared too would say of these rules, or null: first match wins, the last has to match everything. */
export function findIngressFault(rules: readonly IngressRule[]): string | null {
  if (!Array.isArray(rules) || rules.length === 0) return "no ingress rules";
  for (const [at, rule] of rules.entries()) {
    const last = at === rules.length - 1;
    const all = (rule.hostname ?? "") === "" || rule.hostname === "*";
    if (last && (!all || (rule.path ?? "") !== ""))
      return "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)";
    if (!last && all && (rule.path ?? "") === "")
      return `Rule #${at + 1} is matching the hostname '', but this will match every hostname, meaning the rules which follow it will never be triggered.`;
    if (rule.hostname?.slice(1).includes("*"))
      return 'Hostname patterns can have at most one wildcard character ("*") and it can only be used for subdomains, e.g. "*.example.com"';
    if (rule.hostname?.includes(":")) return "Hostname cannot contain a port";
    const fault = findServiceFault(rule.service);
    if (fault !== null) return fault;
  }
  return null;
}

function findServiceFault(service: unknown): string | null {
  if (typeof service !== "string" || service === "") return "service is required";
  if (/^http_status:[1-9]\d\d$/.test(service) || /^(unix|unix\+tls):.+/.test(service)) return null;
  if (["hello_world", "hello-world", "bastion", "socks-proxy"].includes(service)) return null;
  const url = URL.canParse(service) ? new URL(service) : null;
  if (!url?.host && !/^(tcp|ssh|rdp|smb):\/\/[^/]+$/.test(service))
    return `${service} is an invalid address, please make sure it has a scheme and a hostname`;
  if (/^https?:\/\/[^/]+\/./.test(service))
    return `${service} is an invalid address, ingress rules don't support proxying to a different path on the origin service. The path will be the same as the eyeball request's path`;
  return null;
}

function checkOrigin(origin: unknown): void {
  if (origin === undefined || origin === null) return;
  if (typeof origin !== "object") throw bad("originRequest is not an object");
  for (const name of SECONDS) {
    const value = (origin as Record<string, unknown>)[name];
    if (value !== undefined && !Number.isInteger(value)) throw bad(`${name} must be an integer of seconds`);
  }
}

function bad(message: string): Refusal {
  return new Refusal(400, 1_056, `Bad Configuration: ${message}`);
}
