import type { Database } from "./database.ts";
import type { Load } from "./load.ts";
import type { Resources } from "./resources.ts";
import type { RowPlan } from "./rows.ts";
import type { BenchSettings } from "./settings.ts";
import type { Spread } from "./stats.ts";

/** What a part works with. */
export interface Bench {
  readonly settings: BenchSettings;
  /** A folder for this part alone; it goes with the run. */
  readonly dir: string;
  readonly load: Load;
  /** Everything started is kept here. */
  readonly resources: Resources;
  /** Postgres, one for the whole run. */
  database(): Promise<Database>;
  /** For the person who waits. */
  log(line: string): void;
}

export interface Measured {
  readonly value: number;
  readonly spread?: Spread;
  readonly note?: string;
}

/** Hands over a row as soon as it is known: what fails afterwards does not take it away. */
export type Report = (key: string, measured: Measured | { readonly absent: string }) => void;

/** Some rows that are measured together, on processes of their own. */
export interface Part {
  readonly name: string;
  readonly rows: readonly RowPlan[];
  /**
   * Measures.
   * @returns every single figure, for the JSON report
   * @throws Absent when something it needs is not on this machine
   */
  run(bench: Bench, report: Report): Promise<unknown>;
}
