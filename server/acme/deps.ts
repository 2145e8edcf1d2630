import type { Db } from "../../db/client.ts";
import type { Sealer } from "../sealing.ts";

/** Proves control of names in their zone: sets and takes away TXT records. */
export interface DnsWriter {
  /** Resolves when the value stands beside those that are there. */
  add(name: string, value: string): Promise<void>;
  /** Idempotent. */
  remove(name: string, value: string): Promise<void>;
  /** Resolves when the servers of the zone give the value to whoever asks. @throws when they do not in time */
  waitFor(name: string, value: string): Promise<void>;
}

/** What it takes to get certificates. */
export interface CertificateDeps {
  readonly db: Db;
  readonly sealer: Sealer;
  readonly acme: {
    readonly directoryUrl: string;
    readonly email: string;
    /** Between looks at an order that the CA works on, ms; grows up to ten times. */
    readonly pollMs?: number;
    /** After a challenge was written, before the CA is told: relays hear of it meanwhile, ms. */
    readonly settleMs?: number;
  };
  /** null: no wildcard. */
  readonly dns: DnsWriter | null;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** Replaced in tests. */
  readonly now?: () => Date;
}
