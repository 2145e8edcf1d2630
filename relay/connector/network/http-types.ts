import type { Network } from "./network.ts";

export interface HttpRequest {
  method: string;
  headers: Record<string, string>;
  body?: string;
  /** For the whole of it, ms. */
  timeoutMs: number;
  network: Network;
}

export interface HttpAnswer {
  status: number;
  /** The value of a field, null when it is not there. */
  header(name: string): string | null;
  /** All fields, by lower-case name. */
  headers: Readonly<Record<string, string>>;
  text: string;
}

/** An answer longer than this is not from a portal or a model server, bytes. */
export const MAX_ANSWER_BYTES = 16 * 1_048_576;
