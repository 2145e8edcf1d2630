import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Certificate } from "./certificate.ts";

/** Why a certificate cannot be used. */
export type CertificateFault = "unreadable" | "key_mismatch" | "expired" | "no_names";

export class CertificateError extends Error {
  readonly fault: CertificateFault;

  constructor(fault: CertificateFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CertificateError";
    this.fault = fault;
  }
}

/**
 * Reads a certificate chain and its key, and checks that they can be served.
 *
 * @param from where they come from, for the message
 * @throws CertificateError
 */
export function readCertificate(
  certPem: string,
  keyPem: string,
  from: string,
  now: Date = new Date(),
): Certificate {
  const leaf = parse(`the certificate of ${from}`, () => new X509Certificate(certPem));
  const key = parse(`the key of ${from}`, () => createPrivateKey(keyPem));
  if (!leaf.checkPrivateKey(key)) {
    throw new CertificateError("key_mismatch", `the key of ${from} does not belong to its certificate`);
  }
  const notAfter = new Date(leaf.validTo);
  if (notAfter <= now) {
    throw new CertificateError(
      "expired",
      `the certificate of ${from} was good until ${notAfter.toISOString()} only`,
    );
  }
  const names = namesOf(leaf);
  if (names.length === 0) {
    throw new CertificateError("no_names", `the certificate of ${from} names no host`);
  }
  return { names, certPem, keyPem, notAfter };
}

function parse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CertificateError("unreadable", `${what} cannot be read as PEM`, { cause });
  }
}

/** DNS names of the subject alternative names; the common name counts for nothing (RFC 9525 section 2). */
function namesOf(leaf: X509Certificate): string[] {
  return (leaf.subjectAltName ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith("DNS:"))
    .map((entry) => entry.slice(4).toLowerCase());
}
