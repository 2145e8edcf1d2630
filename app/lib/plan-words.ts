import { formatBytes, formatLarge, formatPrice, plural } from "./format.ts";
import type { MeterName, PlanFacts } from "./plan-facts.ts";

/** The meters in the order in which pages list them. */
const meterNames = [
  "requests",
  "megabytes",
  "tokens",
  "storage",
  "storage_writes",
  "storage_reads",
] as const satisfies readonly MeterName[];

/** The meters that a plan has something of: a plan without hubs has no backups. */
export function metersOf({ metered }: Pick<PlanFacts, "metered">): MeterName[] {
  return meterNames.filter((meter) => metered[meter].included > 0 || metered[meter].perMillionCents !== null);
}

/** Whether a period has something to say of a meter: the plan has some, or there was some. */
export function isShown(meter: { included: number; used: number; limit: number | null }): boolean {
  return meter.included > 0 || meter.used > 0 || meter.limit === null;
}

/** What a meter is called where it stands alone. */
export const meterTitles: Record<MeterName, string> = {
  requests: "Requests",
  megabytes: "Data",
  tokens: "LLM tokens",
  storage: "Backup storage",
  storage_writes: "Backup writes",
  storage_reads: "Backup reads",
};

/** What one counts of them, where that is a plain number. */
const units = {
  requests: "requests",
  tokens: "tokens",
  storage_writes: "backup writes",
  storage_reads: "backup reads",
} as const;

/** Megabyte-days in a month of a megabyte, as prices of storage are told. */
const DAYS_OF_MONTH = 30;

/** Megabyte-days as people think of storage: `10 GB-months`. */
export function storageMonths(megabyteDays: number): string {
  if (megabyteDays === 0) return "0 GB-months";
  return `${formatBytes((megabyteDays * 1_000_000) / DAYS_OF_MONTH)}-months`;
}

/** A quantity with its unit: `2 million requests`, `200 GB`, `50 million tokens`, `10 GB-months of backups`. */
export function meterQuantity(meter: MeterName, quantity: number): string {
  if (meter === "megabytes") return formatBytes(quantity * 1_000_000);
  if (meter === "storage") return `${storageMonths(quantity)} of backups`;
  return `${formatLarge(quantity)} ${units[meter]}`;
}

/** What one goes on paying above the included: `$0.40 per million requests`, `$0.05 per GB`, `$0.018 per GB-month`. */
export function meterRate(meter: MeterName, perMillionCents: number): string {
  // A million megabytes are a thousand gigabytes.
  if (meter === "megabytes") return `${formatPrice(perMillionCents / 1000)} per GB`;
  if (meter === "storage") return `${formatPrice((perMillionCents * DAYS_OF_MONTH) / 1000)} per GB-month`;
  return `${formatPrice(perMillionCents)} per million ${units[meter]}`;
}

/** What the plan costs before any usage: `$0`, `$19`, `$29`, and per what. */
export function planPrice(plan: PlanFacts): { amount: string; per: string } {
  const per = plan.seatCents === 0 ? "no card needed" : plan.maxSeats > 1 ? "per seat and month" : "a month";
  return { amount: formatPrice(plan.seatCents), per };
}

/** For whom the plan is, in one line. */
export const planLeads: Record<PlanFacts["name"], string> = {
  free: "To try it, and for things only you call.",
  pro: "For one person who serves others.",
  team: "For several people and heavy use.",
};

/** What the plan grants beside its quantities. */
export function planGrants(plan: PlanFacts): string[] {
  const { limits } = plan;
  return [
    plural(limits.endpoints, "endpoint"),
    `${plural(limits.devices, "device")}, ${plural(limits.connectors, "connector")} at a time`,
    plural(limits.tcpPorts, "TCP port"),
    `Request bodies up to ${binarySize(limits.maxBodyBytes)}`,
    `Request headers up to ${binarySize(limits.maxHeadBytes)}, URLs ${binarySize(limits.maxTargetBytes)}`,
    plural(limits.accessKeys, "access key"),
    ...(limits.customDomains > 0 ? [plural(limits.customDomains, "custom domain")] : []),
    `Request log kept ${plural(limits.requestLogDays, "day")}`,
    ...(plan.maxSeats > 1 ? [`Up to ${plan.maxSeats} people`] : []),
  ];
}

/** Limits of sizes are round in binary units: `8 KiB`, `256 MiB`, `4 GiB`. */
function binarySize(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  if (mebibytes < 1) return `${bytes / 1024}\u00a0KiB`;
  return mebibytes >= 1024 ? `${mebibytes / 1024}\u00a0GiB` : `${mebibytes}\u00a0MiB`;
}
