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
}

/** Reads `--pairs`, `--seconds`, `--clone` and HOTSPOT_DATA_DIR. */
export function readSettings(argv: string[], env: NodeJS.ProcessEnv): BenchSettings {
  const { values } = parseArgs({
    args: argv,
    options: {
      pairs: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      clone: { type: "boolean", default: false },
    },
  });
  return {
    pairs: positive("--pairs", values.pairs),
    seconds: positive("--seconds", values.seconds),
    dataDir: env.HOTSPOT_DATA_DIR || ".hotspot",
    clone: values.clone,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} is "${text}"; a whole number from 1 is wanted.`);
  return value;
}
