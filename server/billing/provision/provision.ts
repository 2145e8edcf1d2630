import type { Stripe } from "stripe";
import type { Db } from "../../../db/client.ts";
import { withAdvisoryLock } from "../advisory-lock.ts";
import { provisionMeters } from "./meters.ts";
import { provisionPortalConfiguration } from "./portal-configuration.ts";
import { provisionPrices } from "./prices.ts";
import { provisionProducts } from "./products.ts";
import type { ProvisionStep, Report } from "./report.ts";
import { provisionSubscriptions } from "./subscriptions.ts";

/**
 * Makes Stripe know what we sell: products, meters, prices and the customer portal, from the table of plans; subscriptions
 * of before get the prices that their plan has now in addition. Finds what
 * is there, so it can be run at any time, as often as one likes, and by several processes at once: one works, the others
 * wait and find everything done.
 *
 * @param portalUrl where the customer portal sends people back to
 * @returns what was done, in order
 */
export async function provisionCatalog(
  { db, stripe, portalUrl }: { db: Db; stripe: Stripe; portalUrl: string },
  report: Report = () => undefined,
): Promise<ProvisionStep[]> {
  const steps: ProvisionStep[] = [];
  const tell: Report = (step) => {
    steps.push(step);
    report(step);
  };
  await withAdvisoryLock(db, "hotspot:billing:catalog", async () => {
    const products = await provisionProducts(stripe, tell);
    const meters = await provisionMeters(stripe, tell);
    await provisionPrices(stripe, { products, meters }, tell);
    await provisionSubscriptions(stripe, tell);
    await provisionPortalConfiguration(stripe, portalUrl, tell);
  });
  return steps;
}
