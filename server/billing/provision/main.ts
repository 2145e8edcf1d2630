import { createDb } from "../../../db/client.ts";
import { createStripeClient } from "../stripe.ts";
import { readProvisionEnv } from "./env.ts";
import { provisionCatalog } from "./provision.ts";

/** `npm run billing:provision`: one line for each thing in Stripe; exit code 1 when something could not be done. */
async function main(): Promise<void> {
  const { databaseUrl, secretKey, apiBase, portalUrl } = readProvisionEnv(process.env);
  const db = createDb(databaseUrl, { max: 1, applicationName: "hotspot-provision" });
  try {
    const stripe = createStripeClient(secretKey, apiBase);
    await provisionCatalog({ db, stripe, portalUrl }, ({ did, what, id }) => {
      console.log(`${did.padEnd(11)} ${what}  ${id}`);
    });
  } finally {
    await db.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
