export { bucketPricesOf } from "./bucket-prices.ts";
export { type Charge, chargeOf } from "./charge.ts";
export {
  costOf,
  eachMeter,
  forecastOf,
  type MeterTotals,
  meterNames,
  noTotals,
  type PeriodCost,
  requestMeterNames,
} from "./cost.ts";
export { findCurrentSubscription } from "./current-subscription.ts";
export { addMonths, type BillingPeriod, billingPeriodOf, type SubscriptionTimes } from "./periods.ts";
