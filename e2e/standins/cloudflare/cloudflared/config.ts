import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { findIngressFault } from "../api/tunnel-config.ts";
import type { IngressRule, TunnelConfig } from "../core/state.ts";
import { type CommandLine, UsageError } from "./options.ts";

/** Who the tunnel is, by token or by credentials. */
export interface Identity {
  readonly accountTag: string;
  readonly tunnelId: string;
  readonly secret: string;
}

export interface ConfigFile {
  readonly path: string;
  readonly tunnel?: string;
  readonly "credentials-file"?: string;
  readonly ingress?: IngressRule[];
  readonly originRequest?: Record<string, unknown>;
  readonly metrics?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NO_TUNNEL =
  '"cloudflared tunnel run" requires the ID or name of the tunnel to run as the last command line argument or in the configuration file.';

/** The file of `--config`; the home folder is not searched. */
export function readConfigFile({ flags }: CommandLine): ConfigFile | null {
  const path = flags.get("config");
  if (path === undefined) return null;
  return { ...(parse(readFileSync(path, "utf8")) as object | null), path };
}

/** Rules of the file. @throws Error what is wrong with them, in cloudflared's words */
export function localConfig(file: ConfigFile | null): TunnelConfig | null {
  if (!file?.ingress) return null;
  const fault = findIngressFault(file.ingress);
  if (fault !== null) throw new Error(fault);
  return { ingress: file.ingress, ...(file.originRequest ? { originRequest: file.originRequest } : {}) };
}

/** A token wins over a token file, and both over credentials. */
export function readIdentity(
  { flags }: CommandLine,
  file: ConfigFile | null,
  named: string | undefined,
): Identity {
  const tokenFile = flags.get("token-file");
  const token = flags.get("token") ?? (tokenFile === undefined ? undefined : readTokenFile(tokenFile));
  if (token !== undefined) return parseToken(token);
  const tunnel = named ?? file?.tunnel;
  if (tunnel === undefined) throw new UsageError(NO_TUNNEL);
  const path = flags.get("credentials-file") ?? flags.get("cred-file") ?? file?.["credentials-file"];
  if (path === undefined) throw new Error(`tunnel credentials file not found for ${tunnel}`);
  const { AccountTag, TunnelID, TunnelSecret } = JSON.parse(readFileSync(path, "utf8"));
  if (UUID.test(tunnel) && TunnelID !== undefined && TunnelID !== tunnel)
    throw new Error(`the credentials are for ${TunnelID}, not for ${tunnel}`);
  return { accountTag: AccountTag, tunnelId: TunnelID ?? tunnel, secret: TunnelSecret };
}

function readTokenFile(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new UsageError(`Failed to read token file: ${(error as Error).message}`);
  }
}

function parseToken(token: string): Identity {
  try {
    const { a, t, s } = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if ([a, t, s].every((part) => typeof part === "string") && UUID.test(t))
      return { accountTag: a, tunnelId: t, secret: s };
  } catch {
    // Said below, as for a token that is JSON of another kind.
  }
  throw new UsageError("Provided Tunnel token is not valid.");
}
