import { join } from "node:path";
import { parseArgs } from "node:util";

export interface BenchSettings {
  /** Alternating runs of each side per comparison. */
  readonly pairs: number;
  /** Length of one run. */
  readonly seconds: number;
  /**
   * Before the first run of each side, under the same load: pools fill and compilers get ready. Ours has a compiler that
   * goes on for some 300,000 requests: a relay takes 28 us of CPU for a request of its first ten seconds, 21 us later.
   */
  readonly warmUpSeconds: number;
  /** Names of the parts to run; null: all. */
  readonly only: readonly string[] | null;
  /** Little of everything, to see that it works; its figures are worth nothing. */
  readonly short: boolean;
  /** Also writes the report into the clone: JSON, chart, and the table of the README. */
  readonly write: boolean;
  /** After so long no further part is begun, and the running one is stopped. */
  readonly timeoutMs: number;
  /** Where reports go, and what is installed for comparison. */
  readonly dataDir: string;
  /** Folder with programs to compare with, searched before PATH; null: PATH alone. */
  readonly peersDir: string | null;
  /** Instead: time from a fresh clone to the first request. Takes minutes and loads the registry. */
  readonly clone: boolean;
  /** Instead: the usage pages over ten million requests. Takes minutes and 8 GB of disk. */
  readonly usage: boolean;
  /** Instead: mixed load for so long; null: no. */
  readonly soakMs: number | null;
}

/** Reads the command line, HOTSPOT_DATA_DIR and HOTSPOT_BENCH_PEERS. @throws with what is wrong and what was expected */
export function readSettings(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): BenchSettings {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      pairs: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string" },
      timeout: { type: "string", default: "40m" },
      soak: { type: "string" },
      short: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      clone: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => name !== "usage");
  if (unknown !== undefined) {
    throw new Error(`there is no part "${unknown}" by that name alone; use --only for parts, or "usage".`);
  }
  const { short } = values;
  if (short && values.write) throw new Error("--write is for real figures, which --short does not make.");
  const seconds = positive("--seconds", values.seconds ?? (short ? "1" : "4"));
  return {
    pairs: positive("--pairs", values.pairs ?? (short ? "1" : "5")),
    seconds,
    warmUpSeconds: short ? 1 : 20,
    only: values.only?.split(",").map((name) => name.trim()) ?? null,
    short,
    write: values.write,
    timeoutMs: duration("--timeout", values.timeout),
    dataDir: env.HOTSPOT_DATA_DIR || ".hotspot",
    peersDir: env.HOTSPOT_BENCH_PEERS ? join(env.HOTSPOT_BENCH_PEERS) : null,
    clone: values.clone,
    usage: positionals.includes("usage"),
    soakMs: values.soak === undefined ? null : duration("--soak", values.soak),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} is "${text}"; a whole number from 1 is wanted.`);
  return value;
}

/** `90s`, `30m` or `2h`. */
function duration(name: string, text: string): number {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  if (!match || Number(match[1]) < 1)
    throw new Error(`${name} is "${text}"; a duration such as 90s, 30m or 2h is wanted.`);
  return Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as "s" | "m" | "h"];
}
