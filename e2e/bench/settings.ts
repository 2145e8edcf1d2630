import { parseArgs } from "node:util";

export interface BenchSettings {
  /** Alternating runs of each side per subject. */
  pairs: number;
  /** Length of one run. */
  seconds: number;
  /** Where `bench.json` goes. */
  dataDir: string;
  /** Instead of the tunnel: time from a fresh clone to the first request. Takes minutes and loads the registry. */
  clone: boolean;
  /** Instead of the tunnel: the usage pages over ten million requests. Takes minutes and 8 GB of disk. */
  usage: boolean;
}

/** Reads `usage`, `--pairs`, `--seconds`, `--clone` and HOTSPOT_DATA_DIR. */
export function readSettings(argv: string[], env: NodeJS.ProcessEnv): BenchSettings {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      pairs: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      clone: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => name !== "usage");
  if (unknown !== undefined)
    throw new Error(`there is no part "${unknown}"; "usage" is the one that has a name.`);
  return {
    pairs: positive("--pairs", values.pairs),
    seconds: positive("--seconds", values.seconds),
    dataDir: env.HOTSPOT_DATA_DIR || ".hotspot",
    clone: values.clone,
    usage: positionals.includes("usage"),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} is "${text}"; a whole number from 1 is wanted.`);
  return value;
}
