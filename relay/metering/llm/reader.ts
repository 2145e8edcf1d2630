import type { JsonObject } from "./token-count.ts";

/** What a stream has told about itself: what an event that ends it early has to repeat. */
export interface StreamMarks {
  readonly id: string | null;
  readonly created: number | null;
  readonly model: string | null;
  /** Anthropic: the content block that is open. */
  readonly openBlock: number | null;
  /** Responses: number of the last event. */
  readonly sequence: number | null;
}

/** Reads the objects of one answer, whole or streamed, in their order. Objects of no known form are left aside. */
export interface AnswerReader {
  /** @param streamed it is one of several: an event or a line */
  read(object: JsonObject, streamed: boolean): void;
  readonly marks: StreamMarks;
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
