import type { Route } from "../core/routes.ts";
import { customerRoutes } from "./customers.ts";
import { eventRoutes } from "./events.ts";
import { meterEventRoutes } from "./meter-events.ts";
import { meterRoutes } from "./meters.ts";
import { priceRoutes } from "./prices.ts";
import { productRoutes } from "./products.ts";
import { taxIdRoutes } from "./tax-ids.ts";
import { webhookEndpointRoutes } from "./webhook-endpoints.ts";

/** Everything of Stripe's API that is here; the first that matches answers. */
export const routes: readonly Route[] = [
  ...customerRoutes,
  ...taxIdRoutes,
  ...productRoutes,
  ...priceRoutes,
  ...meterRoutes,
  ...meterEventRoutes,
  ...eventRoutes,
  ...webhookEndpointRoutes,
];
