import type { ExchangeRecord } from "../upstream/dispatcher.ts";

/** What a user sees of a running connector. */
export interface Reporter {
  /** The part of one endpoint; the same name gives the same part. */
  endpoint(slug: string): EndpointReporter;
  /** Something worth a sentence: what was found, what is being tried again. */
  note(message: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** What a user sees of one endpoint. */
export interface EndpointReporter {
  /** Live for the first time. */
  live(publicUrl: string, upstream: string): void;
  /** A TCP tunnel has its public address. Told once for each, when the endpoint is live. */
  tcp(publicAddress: string, target: string): void;
  /** Links that are up, of those wanted. */
  links(up: number, wanted: number): void;
  /** A request has ended. */
  request(record: ExchangeRecord): void;
  /** A sentence about this endpoint. */
  note(message: string): void;
  /** It is served no more. */
  gone(): void;
}

/** Where a reporter writes; both streams of the process, or a test's. */
export interface Output {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
}
