import { sql } from "kysely";
import type { Db, Tx } from "../../db/client.ts";
import type { CertificateOffice } from "../domains/index.ts";
import { newId } from "../ids.ts";

/**
 * Takes wishes for certificates of custom domains.
 * @param wake adds the job that orders, in the same transaction
 */
export function createCertificateOffice(wake: (tx: Tx) => Promise<void>): CertificateOffice {
  return {
    async request(tx, host) {
      await want(tx, [host], "http-01");
      await wake(tx);
    },
  };
}

/** The certificate of the base domain and everything one label under it. Idempotent. */
export async function wantWildcard(db: Db, baseDomain: string): Promise<void> {
  await want(db, [`*.${baseDomain}`, baseDomain], "dns-01");
}

/**
 * A wish that is there already stays as it is, and so does the time of its next try: whoever asks again in the portal must not
 * run us into the limits of the CA.
 */
async function want(db: Db, names: string[], challenge: "http-01" | "dns-01"): Promise<void> {
  await db
    .insertInto("certificates")
    .values({ id: newId("crt"), name: names[0]!, names, challenge, next_try_at: sql<Date>`now()` })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}
