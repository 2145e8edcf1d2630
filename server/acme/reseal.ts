import type { CertificateDeps } from "./deps.ts";

/**
 * Seals keys of certificates and of our account anew that an older key of SEALING_KEYS sealed, so that it can be dropped.
 * Gives how many. One that does not open stays as it is and is logged.
 */
export async function resealKeys({
  db,
  sealer,
  acme,
  log,
}: Pick<CertificateDeps, "db" | "sealer" | "acme" | "log">): Promise<number> {
  const certificates = await db
    .selectFrom("certificates")
    .select(["id", "name", "sealed_key"])
    .where("sealed_key", "is not", null)
    .execute();
  const accounts = await db
    .selectFrom("acme_accounts")
    .select(["id", "sealed_key"])
    .where("directory_url", "=", acme.directoryUrl)
    .execute();
  const held = [
    ...certificates.map(({ id, name, sealed_key }) => ({
      table: "certificates" as const,
      id,
      sealed: sealed_key!,
      purpose: `certificate:${name}`,
    })),
    ...accounts.map(({ id, sealed_key }) => ({
      table: "acme_accounts" as const,
      id,
      sealed: sealed_key,
      purpose: `acme_account:${acme.directoryUrl}`,
    })),
  ].filter(({ sealed }) => !sealer.isCurrent(sealed));
  let resealed = 0;
  for (const { table, id, sealed, purpose } of held) {
    try {
      const sealed_key = sealer.seal(purpose, sealer.open(purpose, sealed));
      await db
        .updateTable(table)
        .set({ sealed_key })
        .where("id", "=", id)
        .where("sealed_key", "=", sealed)
        .execute();
      resealed++;
    } catch (err) {
      log.warn({ err, table, id }, "a sealed key does not open");
    }
  }
  return resealed;
}
