import type { AbuseWorld } from "./world.ts";

/** What was seen, and what of it is over its bar. Times are reported and never judged: they are the machine's. */
export interface Finding {
  readonly seen: string;
  readonly wrong: string | null;
}

export interface AbuseOptions {
  /** The sizes that the product is meant for; else a tenth of them, or less. */
  readonly full: boolean;
  /** Of what is told as a median. */
  readonly rounds: number;
  /** Of `others while abused`: names of kinds, and `all`; null: each of them. */
  readonly kinds: readonly string[] | null;
  /** A folder for files. */
  readonly dir: string;
}

export interface Scenario {
  readonly name: string;
  run(world: AbuseWorld, options: AbuseOptions): Promise<Finding>;
}

export function judge(seen: string, isRight: boolean, bar: string): Finding {
  return { seen, wrong: isRight ? null : bar };
}
