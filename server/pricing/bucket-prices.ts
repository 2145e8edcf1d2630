import type { Plan } from "../plans.ts";

/** What one quantity of backups costs, in the unit that people think in. */
export interface BucketPrice {
  readonly meter: "storage" | "storage_writes" | "storage_reads";
  /** Free of charge in a billing period, in units. */
  readonly included: number;
  readonly unit: string;
  /** Of `per` units above the included; null: nothing above it. */
  readonly cents: number | null;
  readonly per: number;
}

/** A month is taken for 30 days where storage is priced by it; gigabytes are of 10^9. */
const MEGABYTE_DAYS_OF_GB_MONTH = 30_000;
const MILLION = 1_000_000;

/** What a plan charges for backup buckets. Nothing: it has no hubs. */
export function bucketPricesOf({ hubs, metered }: Plan): BucketPrice[] {
  if (hubs === 0) return [];
  const { storage } = metered;
  const ofGigabytes = {
    meter: "storage" as const,
    included: storage.included / MEGABYTE_DAYS_OF_GB_MONTH,
    unit: "GB-month",
    cents: storage.perMillionCents && (storage.perMillionCents * MEGABYTE_DAYS_OF_GB_MONTH) / MILLION,
    per: 1,
  };
  const ofOperations = (["storage_writes", "storage_reads"] as const).map((meter) => ({
    meter,
    included: metered[meter].included,
    unit: "operation",
    cents: metered[meter].perMillionCents,
    per: MILLION,
  }));
  return [ofGigabytes, ...ofOperations];
}
