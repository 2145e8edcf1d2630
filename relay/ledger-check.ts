import { join, resolve } from "node:path";
import { createDb } from "../db/client.ts";
import { createStripeClient } from "../server/billing/index.ts";
import { EnvError, readVariables } from "../server/env-schema.ts";
import { checkLedger, createStripeGateway } from "../server/ledger/index.ts";
import { relayVariables } from "./env-variables.ts";
import { checksumOf } from "./metering/hand-over.ts";
import { listJournals, readJournal } from "./metering/journal/index.ts";

/**
 * `npm run ledger:check [-- --all]`: prints what disagrees between journal, Postgres and Stripe. Ends at the first
 * difference, with `--all` after the last. Exit code 0: all agree; 1: something differs; 2: it could not be run.
 */
async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--all");
  if (unknown !== undefined) {
    console.error(`unknown argument ${unknown}: expected --all or nothing`);
    return 2;
  }
  const env = readCheckEnv(process.env);
  const db = createDb(env.databaseUrl, { max: 2, applicationName: "hotspot-ledger-check" });
  try {
    const found = await listJournals(env.journalDir);
    const list = found.map(({ journalId, dir }) => ({ journalId, items: () => readJournal(dir) }));
    const gateway =
      env.stripe && createStripeGateway(createStripeClient(env.stripe.secretKey, env.stripe.apiBase));
    let differences = 0;
    const journals = list.length === 0 ? null : { list, checksumOf };
    await checkLedger({ db, journals, gateway, now: new Date() }, ({ kind, text }) => {
      if (kind === "unchecked") console.log(`not checked: ${text}`);
      else console.log(`DIFFERENCE ${++differences}: ${text}`);
      return differences === 0 || args.includes("--all");
    });
    if (differences === 0) console.log("journal, batches, sums, reports and invoices agree");
    return differences === 0 ? 0 : 1;
  } finally {
    await db.destroy();
  }
}

/** The few variables of the relay that the check needs; it runs without the rest. */
function readCheckEnv(source: Readonly<Record<string, string | undefined>>) {
  const { DATABASE_URL, STRIPE_SECRET_KEY, STRIPE_API_BASE, HOTSPOT_DATA_DIR, RELAY_JOURNAL_DIR } =
    relayVariables;
  const values = readVariables(
    { DATABASE_URL, STRIPE_SECRET_KEY, STRIPE_API_BASE, HOTSPOT_DATA_DIR, RELAY_JOURNAL_DIR },
    source,
  );
  return {
    databaseUrl: values.DATABASE_URL,
    journalDir: resolve(values.RELAY_JOURNAL_DIR ?? join(values.HOTSPOT_DATA_DIR, "journal")),
    stripe: values.STRIPE_SECRET_KEY
      ? { secretKey: values.STRIPE_SECRET_KEY, apiBase: values.STRIPE_API_BASE ?? null }
      : null,
  };
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof EnvError ? error.message : error);
    process.exitCode = 2;
  },
);
