import type { Options } from "../options/connect-options.ts";

/** What one check has found. */
export interface Finding {
  /** Stable name of the check, for programs. */
  check: string;
  state: "ok" | "warning" | "fault" | "skipped";
  /** One sentence: what is so. */
  message: string;
  /** What to do about it; null when nothing is to be done. */
  advice: string | null;
}

/** What checks know from each other and from the settings. */
export interface Examination {
  options: Options;
  /** A model that the upstream must have; null: any. */
  model: string | null;
  /** Public host names by slug, as far as the portal told them. */
  hosts: Map<string, string>;
}

export const ok = (check: string, message: string): Finding => ({
  check,
  state: "ok",
  message,
  advice: null,
});
export const skipped = (check: string, message: string): Finding => ({
  check,
  state: "skipped",
  message,
  advice: null,
});
export const fault = (check: string, message: string, advice: string): Finding => ({
  check,
  state: "fault",
  message,
  advice,
});
export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  state: "warning",
  message,
  advice,
});
