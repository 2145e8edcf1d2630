import type { Generated } from "kysely";

/**
 * `pending`: the proof is awaited. `verified`: proven, but the name does not lead here yet. `issuing`: a certificate is being
 * ordered. `active`: all is well. `failed`: given up, or without a certificate. `lapsed`: the proof went away.
 */
export type DomainState = "pending" | "verified" | "issuing" | "active" | "failed" | "lapsed";

/** A host name of a tenant's own that leads to one of its endpoints. */
export interface CustomDomainsTable {
  id: string;
  tenant_id: string;
  endpoint_id: string;
  /** ASCII (A-labels), lower case. One claim of it at a time is held; a tenant has one claim of it. */
  host: string;
  /** Random; stands in the TXT record. */
  proof_token: string;
  state: Generated<DomainState>;
  /** Why it is in this state, a sentence for its owner. */
  reason: string | null;
  /** What the last check saw; null before the first, or when DNS did not answer. */
  proof_found: boolean | null;
  route_found: boolean | null;
  created_at: Generated<Date>;
  checked_at: Date | null;
  /** null: only when somebody asks. */
  next_check_at: Date | null;
  /** Checks in a row that found no proof. */
  failures: Generated<number>;
  /** When the proof was seen last. */
  proven_at: Date | null;
  /** Set while it is proven: then it is served, and nobody else can hold it. */
  held_since: Date | null;
  removed_at: Date | null;
}

/** A certificate, or the wish for one. */
export interface CertificatesTable {
  id: string;
  /** The first of `names`. */
  name: string;
  names: string[];
  challenge: "http-01" | "dns-01";
  /** The chain, leaf first; null until it was issued for the first time. */
  cert_pem: string | null;
  /** Of the private key, purpose `certificate:<name>`. */
  sealed_key: string | null;
  not_before: Date | null;
  not_after: Date | null;
  issued_at: Date | null;
  /** Orders in a row that failed. */
  failures: Generated<number>;
  error: string | null;
  /** When it is ordered next: a renewal, or another try. */
  next_try_at: Date | null;
  /** Somebody orders it now. */
  leased_until: Date | null;
  created_at: Generated<Date>;
}

/** What a CA will ask a host for. */
export interface AcmeChallengesTable {
  host: string;
  token: string;
  key_authorization: string;
  kind: "http-01" | "tls-alpn-01";
  expires_at: Date;
}

/** Our account at a CA. */
export interface AcmeAccountsTable {
  id: string;
  directory_url: string;
  email: string;
  /** Purpose `acme_account:<directory>`. */
  sealed_key: string;
  account_url: string | null;
  /** The CA said that it has heard enough of us. */
  paused_until: Date | null;
  created_at: Generated<Date>;
}
