import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { createPostgresLedger } from "./testing/postgres-ledger.ts";
import { runTrial } from "./testing/trial.ts";

const { db } = await createTestDb();

// 200 of them: npm run ledger:trials -- --postgres
test("the same trials hold on Postgres, where connections are cut and two relays push at once", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    let remove = async () => {};
    const result = await runTrial(seed, seed % 3 === 0 ? "prompt" : "hostile", async (clock) => {
      const ledger = await createPostgresLedger(db, clock);
      remove = () => ledger.remove();
      return ledger;
    });
    expect(result.problems, `seed ${seed}`).toEqual([]);
    await remove();
  }
}, 120_000);
