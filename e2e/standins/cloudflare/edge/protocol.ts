import type { TunnelConfig } from "../core/state.ts";

/**
 * Between edge and cloudflared stand-in: cloudflared dials, says `Hello` in a line of JSON, hears `Welcome` in one, and from then
 * on serves HTTP/2 on that socket, which is how the real one does it with `--protocol http2`. Four sockets make one connector.
 */
export interface Hello {
  readonly accountTag: string;
  readonly tunnelId: string;
  readonly secret: string;
  readonly connectorId: string;
  readonly version: string;
  readonly arch: string;
  /** Rules of its own, for a tunnel whose config is local. */
  readonly localConfig: TunnelConfig | null;
}

export type Welcome =
  | { readonly connectionId: string; readonly location: string }
  | { readonly error: string };

/** A request that is for cloudflared itself: a new config, its version in the header. */
export const CONFIG_HEADER = "x-standin-config-version";
/** A request that wants to switch protocols. */
export const UPGRADE_HEADER = "x-standin-upgrade";
/** The origin did switch, with this header (JSON): a status cannot be 101 in HTTP/2. */
export const UPGRADED_HEADER = "x-standin-upgraded";
export const CONNECTIONS = 4;

/** Header that means something between two neighbours only (RFC 9113 section 8.2.2). */
const NEIGHBOURS = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
  "host",
];

/** Header fields of HTTP/1 as HTTP/2 may carry them. */
export function forHttp2(headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !NEIGHBOURS.includes(name)),
  ) as Record<string, string | string[]>;
}

/** Header fields of HTTP/2 as HTTP/1 has them. */
export function forHttp1(
  headers: NodeJS.Dict<string | string[] | number>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":") && !name.startsWith("x-standin-")),
  ) as Record<string, string | string[]>;
}

interface LineSource extends NodeJS.ReadableStream {
  unshift(chunk: Buffer): void;
}

/** The first line of a socket; what came behind it is put back. */
export function readLine(socket: LineSource): Promise<string> {
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0);
    const stop = () => {
      socket.pause();
      socket.off("data", take).off("error", fail).off("close", fail);
    };
    const fail = (error?: Error) => {
      stop();
      reject(error ?? new Error("closed before the first line"));
    };
    const take = (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf("\n");
      if (end < 0) return;
      stop();
      if (held.length > end + 1) socket.unshift(held.subarray(end + 1));
      resolve(held.subarray(0, end).toString());
    };
    socket.on("data", take).on("error", fail).on("close", fail);
  });
}
