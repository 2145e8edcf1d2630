import type { Tx } from "../../db/client.ts";
import type { DomainResolver } from "./resolver.ts";

/** Who gets certificates for custom domains. */
export interface CertificateOffice {
  /** Wants a certificate for this host; it is ordered soon after the transaction commits. Can be repeated. */
  request(tx: Tx, host: string): Promise<void>;
}

/** What custom domains need beside the database. */
export interface DomainDeps {
  readonly resolver: DomainResolver;
  /** null: the operator brings certificates, or terminates TLS elsewhere. */
  readonly certificates: CertificateOffice | null;
  /** Replaced in tests. */
  readonly now?: () => Date;
}
