export { type Charge, chargeOf } from "./charge.ts";
export { costOf, forecastOf, type MeterTotals, meterNames, type PeriodCost } from "./cost.ts";
export { findCurrentSubscription } from "./current-subscription.ts";
export { addMonths, type BillingPeriod, billingPeriodOf, type SubscriptionTimes } from "./periods.ts";
