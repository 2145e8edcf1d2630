import type { Route } from "../core/routes.ts";
import { checkoutRoutes } from "./checkout.ts";
import { couponRoutes } from "./coupons.ts";
import { customerRoutes } from "./customers.ts";
import { eventRoutes } from "./events.ts";
import { invoiceItemRoutes } from "./invoice-items.ts";
import { invoiceRoutes } from "./invoices.ts";
import { meterEventRoutes } from "./meter-events.ts";
import { meterRoutes } from "./meters.ts";
import { paymentMethodRoutes } from "./payment-methods.ts";
import { paymentRoutes } from "./payments.ts";
import { portalRoutes } from "./portal.ts";
import { priceRoutes } from "./prices.ts";
import { productRoutes } from "./products.ts";
import { scheduleRoutes } from "./schedules.ts";
import { subscriptionRoutes } from "./subscriptions.ts";
import { taxIdRoutes } from "./tax-ids.ts";
import { testClockRoutes } from "./test-clocks.ts";
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
  ...subscriptionRoutes,
  ...scheduleRoutes,
  ...invoiceRoutes,
  ...invoiceItemRoutes,
  ...couponRoutes,
  ...paymentMethodRoutes,
  ...paymentRoutes,
  ...testClockRoutes,
  ...checkoutRoutes,
  ...portalRoutes,
];
