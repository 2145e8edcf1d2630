import type { Db } from "../../../db/client.ts";
import type { BillingOn } from "../billing.ts";
import { lookupKeyOf, planItems } from "../catalog.ts";
import { paidPlans } from "../schemas.ts";
import { findPrices } from "./prices.ts";
import { provisionCatalog } from "./provision.ts";

/** The little of a logger that this needs; pino fits. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * Looks whether Stripe knows what we sell, and provisions it when something is missing; tries again until it works or
 * the signal says stop. What is there but differs from the table of plans is left alone, because during a deployment two
 * tables run side by side: `npm run billing:provision` settles that.
 */
export async function keepCatalogReady(
  { db, billing, portalUrl, log }: { db: Db; billing: BillingOn; portalUrl: string; log: Log },
  signal: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_RETRY_MS; !signal.aborted; pause = Math.min(pause * 2, LAST_RETRY_MS)) {
    try {
      if (!(await isComplete(billing))) {
        const steps = await provisionCatalog({ db, stripe: billing.stripe, portalUrl });
        log.info(
          { made: steps.filter(({ did }) => did !== "kept").map(({ what }) => what) },
          "plans provisioned",
        );
      }
      billing.catalog.setState("ready");
      return;
    } catch (error) {
      billing.catalog.setState("failed");
      log.warn({ err: error }, "plans could not be provisioned at Stripe; trying again");
    }
    await pauseUnless(signal, pause);
  }
}

async function isComplete({ stripe, catalog }: BillingOn): Promise<boolean> {
  for (const plan of paidPlans) {
    const found = await findPrices(stripe, plan);
    if (!planItems.every((item) => found.get(lookupKeyOf(plan, item))?.active)) return false;
  }
  return catalog.portalConfiguration().then(
    () => true,
    (error: { code?: string }) => {
      if (error.code === "catalog_missing") return false;
      throw error;
    },
  );
}

function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
