import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { builtInLoad } from "./built-in-load.ts";

export interface LoadTarget {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Over TLS; the certificate is not checked. Only wrk can. */
  readonly secure?: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Load = (target: LoadTarget, connections: number, seconds: number) => Promise<LoadResult>;

/** One thread of wrk. Throws when any answer was not 2xx or a socket failed: such a run measures nothing. */
export const wrkLoad: Load = async (target, connections, seconds) => {
  const headers = Object.entries(target.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  // The name goes into the handshake, where an address may not stand (RFC 6066 section 3).
  const origin = target.secure ? "https://localhost" : "http://127.0.0.1";
  const { stdout } = await promisify(execFile)(
    "wrk",
    [
      "-t1",
      `-c${connections}`,
      `-d${seconds}s`,
      "--latency",
      ...headers,
      `${origin}:${target.port}${target.path}`,
    ],
    { timeout: seconds * 1_000 + 20_000 },
  );
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout);
  if (failed) throw new Error(`a run had failures, so its figures are void: ${failed[0]}`);
  const total = /(\d+) requests in/.exec(stdout);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout);
  if (!total || !rate) throw new Error(`wrk printed something unknown:\n${stdout}`);
  return {
    requests: Number(total[1]),
    requestsPerSecond: Number(rate[1]),
    p50Ms: latency(stdout, "50%"),
    p99Ms: latency(stdout, "99%"),
  };
};

function latency(text: string, line: string): number {
  const match = new RegExp(`^\\s+${line}\\s+([\\d.]+)(us|ms|s)$`, "m").exec(text);
  if (!match) throw new Error(`wrk printed no ${line} line:\n${text}`);
  return Number(match[1]) * { us: 0.001, ms: 1, s: 1000 }[match[2] as "us" | "ms" | "s"];
}

/** wrk when it is there, else our own generator, which takes more CPU of the machine under test. */
export async function chooseLoad(): Promise<{ load: Load; name: string }> {
  try {
    await promisify(execFile)("wrk", ["--version"]).catch((error: NodeJS.ErrnoException) => {
      // wrk --version ends with 1; only its absence matters.
      if (error.code === "ENOENT") throw error;
    });
    return { load: wrkLoad, name: "wrk, one thread" };
  } catch {
    return {
      load: builtInLoad,
      name: "built-in generator (wrk is missing: apt-get install wrk; figures are lower)",
    };
  }
}
