import type { Db } from "../../../db/client.ts";
import type { StripeGateway } from "../gateway.ts";
import { checkAtStripe } from "./at-stripe.ts";
import { checkBatches } from "./batches.ts";
import { type Finding, type JournalOnDisk, unchecked } from "./finding.ts";
import { checkHours, HourSums } from "./hour-sums.ts";
import { checkJournals } from "./journals.ts";
import { checkReports } from "./reports.ts";

export interface LedgerSources {
  readonly db: Db;
  /** null: no journals here. */
  readonly journals: {
    readonly list: readonly JournalOnDisk[];
    checksumOf(crcs: readonly number[]): string;
  } | null;
  /** null: Stripe is off. */
  readonly gateway: StripeGateway | null;
  readonly now: Date;
}

/**
 * Follows usage from the relay's journal to the invoice and tells every place where two records of the same thing
 * disagree, in the order of that way: journal, batches, sums by hour, reports to Stripe, invoices. Changes nothing.
 *
 * Postgres is read as it is at one moment, so it can run while everything else does.
 *
 * @param onFinding false ends the check
 */
export async function checkLedger(
  { db, journals, gateway, now }: LedgerSources,
  onFinding: (finding: Finding) => boolean,
): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (tx) => {
      for await (const finding of follow(tx)) if (!onFinding(finding)) return;
    });

  async function* follow(tx: Db): AsyncGenerator<Finding> {
    yield* checkBatches(tx);
    const sums = journals === null ? null : new HourSums();
    if (journals === null || sums === null)
      yield unchecked("there are no journals to read: batches stand alone");
    else yield* checkJournals(tx, journals.list, journals.checksumOf, sums);
    yield* checkHours(tx, sums, now);
    yield* checkReports(tx, now);
    if (gateway === null) yield unchecked("Stripe is off: reports and invoices were not compared with it");
    else yield* checkAtStripe(tx, gateway, now);
  }
}
