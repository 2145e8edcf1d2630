import { join } from "node:path";
import { writePrivateFile } from "../hub/private-file.ts";
import type { Network } from "./network.ts";
import { PROXY_VARIABLES } from "./proxy.ts";

type Env = Record<string, string | undefined>;

/**
 * The environment of a program that goes the same way as this one: by our proxy for each kind of address, or by none.
 * A SOCKS proxy that we do not speak to is left out as well: half of the traffic by another way is a riddle to find.
 */
export function withProxyOf({ rules }: Network, env: Env): Env {
  const { http, https, except } = rules;
  const variables = {
    HTTP_PROXY: http?.url,
    HTTPS_PROXY: https?.url,
    NO_PROXY: except.text === "" ? undefined : except.text,
  };
  return { ...withoutProxies(env), ...variables };
}

/** The environment of a program that must not find a proxy. */
export function withoutProxies(env: Env): Env {
  const known: readonly string[] = PROXY_VARIABLES;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !known.includes(name.toUpperCase())));
}

/**
 * The certificates that we trust, as a file for another program, the usual roots among them: programs trust the file
 * alone, once they are given one. Written anew each time, since it belongs to a version of this program.
 *
 * @returns null when there is nothing to tell: the system's own list is right
 */
export function writeTrustedFile({ trusted }: Network, dir: string): string | null {
  const path = join(dir, "trusted.pem");
  if (trusted === null) return null;
  writePrivateFile(path, `${trusted.join("\n")}\n`);
  return path;
}
