import type { UsageRecord } from "../../usage/index.ts";

/** `difference`: two records of the same thing disagree. `unchecked`: something could not be looked at, and why. */
export interface Finding {
  readonly kind: "difference" | "unchecked";
  /** A sentence for a person, with everything needed to look it up. */
  readonly text: string;
}

export const difference = (text: string): Finding => ({ kind: "difference", text });
export const unchecked = (text: string): Finding => ({ kind: "unchecked", text });

/** A relay's journal as it stands on a disk: relay/metering/journal reads it. */
export interface JournalOnDisk {
  readonly journalId: string;
  items(): AsyncIterable<JournalItem>;
}

export type JournalItem =
  | { readonly type: "record"; readonly seq: number; readonly crc: number; readonly record: UsageRecord }
  | {
      readonly type: "missing";
      readonly firstSeq: number;
      readonly lastSeq: number;
      readonly reason: string;
      readonly segment: string;
    };

/** `2026-11-05T10:20Z` */
export const timeOf = (time: Date): string => `${time.toISOString().slice(0, 16)}Z`;
