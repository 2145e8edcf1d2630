import type { Db } from "../../db/client.ts";
import type { Sealer } from "../sealing.ts";

/** A certificate that a listener can use. */
export interface UsableCertificate {
  readonly names: readonly string[];
  readonly certPem: string;
  readonly keyPem: string;
  readonly notAfter: Date;
}

/**
 * Every certificate that is to be used now: the wildcard, and those of custom domains that are held.
 * @param onSealed hears of one whose key cannot be opened; it is left out
 */
export async function loadCertificates(
  db: Db,
  sealer: Sealer,
  onSealed: (name: string, error: unknown) => void,
): Promise<UsableCertificate[]> {
  const rows = await db
    .selectFrom("certificates")
    .select(["name", "names", "cert_pem", "sealed_key", "not_after"])
    .where("cert_pem", "is not", null)
    .where((eb) =>
      eb.or([
        eb("challenge", "=", "dns-01"),
        eb.exists(
          eb
            .selectFrom("custom_domains")
            .select("custom_domains.id")
            .whereRef("custom_domains.host", "=", "certificates.name")
            .where("held_since", "is not", null),
        ),
      ]),
    )
    .execute();
  return rows.flatMap(({ name, names, cert_pem, sealed_key, not_after }) => {
    if (cert_pem === null || sealed_key === null || not_after === null) return [];
    try {
      const keyPem = sealer.open(`certificate:${name}`, sealed_key);
      return [{ names, certPem: cert_pem, keyPem, notAfter: not_after }];
    } catch (error) {
      onSealed(name, error);
      return [];
    }
  });
}
