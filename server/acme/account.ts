import acme from "acme-client";
import { newId } from "../ids.ts";
import { prepareLibrary } from "./acme-error.ts";
import type { CertificateDeps } from "./deps.ts";

/** Our account at the CA, with a client that signs for it. */
export interface AcmeAccount {
  readonly id: string;
  readonly client: acme.Client;
  readonly pausedUntil: Date | null;
}

/** Opens the account of this directory and address, or makes it: key first, so that a start that broke off goes on with it. */
export async function openAccount({ db, sealer, acme: ca }: CertificateDeps): Promise<AcmeAccount> {
  prepareLibrary();
  const { directoryUrl, email, pollMs = 2_000 } = ca;
  const purpose = `acme_account:${directoryUrl}`;
  const find = () =>
    db
      .selectFrom("acme_accounts")
      .select(["id", "sealed_key", "account_url", "paused_until"])
      .where("directory_url", "=", directoryUrl)
      .where("email", "=", email)
      .executeTakeFirst();
  let row = await find();
  if (!row) {
    const key = await acme.crypto.createPrivateEcdsaKey();
    await db
      .insertInto("acme_accounts")
      .values({
        id: newId("acc"),
        directory_url: directoryUrl,
        email,
        sealed_key: sealer.seal(purpose, key.toString()),
      })
      .onConflict((conflict) => conflict.columns(["directory_url", "email"]).doNothing())
      .execute();
    row = (await find())!;
  }
  const client = new acme.Client({
    directoryUrl,
    accountKey: sealer.open(purpose, row.sealed_key),
    ...(row.account_url === null ? {} : { accountUrl: row.account_url }),
    backoffAttempts: 30,
    backoffMin: pollMs,
    backoffMax: pollMs * 5,
  });
  if (row.account_url === null) {
    // A key that the CA knows already gives its account (RFC 8555 section 7.3.1).
    await client.createAccount({ termsOfServiceAgreed: true, contact: [`mailto:${email}`] });
    await db
      .updateTable("acme_accounts")
      .set({ account_url: client.getAccountUrl() })
      .where("id", "=", row.id)
      .execute();
  }
  return { id: row.id, client, pausedUntil: row.paused_until };
}
