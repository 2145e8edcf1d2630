import type { PlanName } from "../db/schema/index.ts";

/** What one plan grants. Sizes in bytes, times in days; every number is a limit for the whole tenant unless it says so. */
export interface Plan {
  readonly name: PlanName;
  readonly title: string;
  readonly endpoints: number;
  readonly devices: number;
  /** Connectors online at once, per endpoint. */
  readonly connectors: number;
  /** Requests in flight at once, per endpoint. */
  readonly concurrentRequests: number;
  /** Largest request body. */
  readonly maxBodyBytes: number;
  readonly accessKeys: number;
  readonly apiKeys: number;
  /** How long rows of the request log are kept. */
  readonly requestLogDays: number;
}

const MIB = 1024 * 1024;

export const plans = {
  free: {
    name: "free",
    title: "Free",
    endpoints: 1,
    devices: 3,
    connectors: 2,
    concurrentRequests: 100,
    maxBodyBytes: 256 * MIB,
    accessKeys: 5,
    apiKeys: 2,
    requestLogDays: 7,
  },
  pro: {
    name: "pro",
    title: "Pro",
    endpoints: 5,
    devices: 10,
    connectors: 8,
    concurrentRequests: 500,
    maxBodyBytes: 1024 * MIB,
    accessKeys: 50,
    apiKeys: 10,
    requestLogDays: 30,
  },
  team: {
    name: "team",
    title: "Team",
    endpoints: 25,
    devices: 50,
    connectors: 16,
    concurrentRequests: 2000,
    maxBodyBytes: 4096 * MIB,
    accessKeys: 500,
    apiKeys: 50,
    requestLogDays: 90,
  },
} as const satisfies Record<PlanName, Plan>;

/** The plan of a name as Postgres holds it. */
export function planOf(name: PlanName): Plan {
  return plans[name];
}
