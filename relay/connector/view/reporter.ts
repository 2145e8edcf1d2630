import type { ExchangeRecord } from "../upstream/dispatcher.ts";

/** What a user sees of a running connector. */
export interface Reporter {
  /** The endpoint is live for the first time. */
  live(publicUrl: string, upstream: string): void;
  /** Links that are up, and their round trip. */
  links(up: number, wanted: number): void;
  /** A request has ended. */
  request(record: ExchangeRecord): void;
  /** Something worth a sentence: what was found, what is being tried again. */
  note(message: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** Where a reporter writes; both streams of the process, or a test's. */
export interface Output {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
}
