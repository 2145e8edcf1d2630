import type { MeterName, PlanName } from "../db/schema/index.ts";

/** What one quantity of a plan costs. */
export interface MeteredPrice {
  /** Free of charge in each billing period. For a plan without `perMillionCents` it is also the limit. */
  readonly included: number;
  /** Cents for a million units above; null: no more than the included can be used. */
  readonly perMillionCents: number | null;
}

/** What one plan costs and grants. Sizes in bytes, times in days; every number is a limit for the whole tenant unless it says so. */
export interface Plan {
  readonly name: PlanName;
  readonly title: string;
  /** A month and seat, US cents. */
  readonly seatCents: number;
  /** One seat is one member of the tenant. */
  readonly maxSeats: number;
  /** Days without charge at a tenant's first subscription. */
  readonly trialDays: number;
  /** `storage` is counted in megabyte-days: 30,000 are a gigabyte for a month. */
  readonly metered: Readonly<Record<MeterName, MeteredPrice>>;
  readonly endpoints: number;
  readonly devices: number;
  /** Connectors online at once, per endpoint. */
  readonly connectors: number;
  /** Ports of TCP tunnels. */
  readonly tcpPorts: number;
  /** Requests in flight at once, per endpoint; of a TCP tunnel its connections. */
  readonly concurrentRequests: number;
  /** Requests a minute of all its clients together; null: only PROXY_RATE_LIMIT_MAX, per client address, holds. */
  readonly requestsPerMinute: number | null;
  /** Largest request body. */
  readonly maxBodyBytes: number;
  /** Largest request head, its line and fields together; never above what the relay reads at all (32 KiB). */
  readonly maxHeadBytes: number;
  /** Longest request target: path and query; never above what the relay reads at all (16 KiB). */
  readonly maxTargetBytes: number;
  readonly accessKeys: number;
  readonly apiKeys: number;
  /** Host names of its own, claimed ones counted. */
  readonly customDomains: number;
  /** Installations with Managed Cloudflare. */
  readonly hubs: number;
  /** Host names of a hub beside its main one. */
  readonly hubHostnames: number;
  /** How long rows of the request log are kept. */
  readonly requestLogDays: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const plans = {
  free: {
    name: "free",
    title: "Free",
    seatCents: 0,
    maxSeats: 1,
    trialDays: 0,
    metered: {
      requests: { included: 250_000, perMillionCents: null },
      megabytes: { included: 20_000, perMillionCents: null },
      tokens: { included: 2_000_000, perMillionCents: null },
      storage: { included: 0, perMillionCents: null },
      storage_writes: { included: 0, perMillionCents: null },
      storage_reads: { included: 0, perMillionCents: null },
    },
    endpoints: 1,
    devices: 3,
    connectors: 2,
    tcpPorts: 2,
    concurrentRequests: 100,
    requestsPerMinute: 60_000,
    maxBodyBytes: 256 * MIB,
    maxHeadBytes: 16 * KIB,
    maxTargetBytes: 8 * KIB,
    accessKeys: 5,
    apiKeys: 2,
    customDomains: 0,
    hubs: 0,
    hubHostnames: 0,
    requestLogDays: 7,
  },
  pro: {
    name: "pro",
    title: "Pro",
    seatCents: 1_900,
    maxSeats: 1,
    trialDays: 14,
    metered: {
      requests: { included: 2_000_000, perMillionCents: 40 },
      megabytes: { included: 200_000, perMillionCents: 5_000 },
      tokens: { included: 50_000_000, perMillionCents: 2 },
      storage: { included: 300_000, perMillionCents: 60 },
      storage_writes: { included: 1_000_000, perMillionCents: 500 },
      storage_reads: { included: 10_000_000, perMillionCents: 45 },
    },
    endpoints: 5,
    devices: 10,
    connectors: 8,
    tcpPorts: 20,
    concurrentRequests: 500,
    requestsPerMinute: 600_000,
    maxBodyBytes: 1024 * MIB,
    maxHeadBytes: 32 * KIB,
    maxTargetBytes: 16 * KIB,
    accessKeys: 50,
    apiKeys: 10,
    customDomains: 3,
    hubs: 2,
    hubHostnames: 3,
    requestLogDays: 30,
  },
  team: {
    name: "team",
    title: "Team",
    seatCents: 2_900,
    maxSeats: 50,
    trialDays: 14,
    metered: {
      requests: { included: 10_000_000, perMillionCents: 30 },
      megabytes: { included: 1_000_000, perMillionCents: 4_000 },
      tokens: { included: 250_000_000, perMillionCents: 1 },
      storage: { included: 3_000_000, perMillionCents: 55 },
      storage_writes: { included: 10_000_000, perMillionCents: 450 },
      storage_reads: { included: 100_000_000, perMillionCents: 40 },
    },
    endpoints: 25,
    devices: 50,
    connectors: 16,
    tcpPorts: 50,
    concurrentRequests: 2000,
    requestsPerMinute: null,
    maxBodyBytes: 4096 * MIB,
    maxHeadBytes: 32 * KIB,
    maxTargetBytes: 16 * KIB,
    accessKeys: 500,
    apiKeys: 50,
    customDomains: 20,
    hubs: 10,
    hubHostnames: 20,
    requestLogDays: 90,
  },
} as const satisfies Record<PlanName, Plan>;

/** The plan of a name as Postgres holds it. */
export function planOf(name: PlanName): Plan {
  return plans[name];
}
