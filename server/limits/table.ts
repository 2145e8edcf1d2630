/**
 * How often the public doors may be used. `perAddress` counts a client address (IPv6 by its /64), `perTenant` a tenant
 * or, before one is known, the credential that was shown. Numbers are requests per `seconds`.
 */
export interface Limit {
  readonly seconds: number;
  readonly perAddress: number;
  readonly perTenant: number | null;
}

export const limits = {
  /** Claiming names; a plan bounds what a tenant holds, this bounds trying. */
  register: { seconds: 600, perAddress: 200, perTenant: 120 },
  /** A connector asks once per start; a fleet behind one address starts together. */
  issue: { seconds: 60, perAddress: 600, perTenant: 300 },
  /** Desktop runtimes poll it. */
  details: { seconds: 60, perAddress: 600, perTenant: 300 },
  rotate: { seconds: 600, perAddress: 200, perTenant: 60 },
  /** As somebody types. */
  availability: { seconds: 60, perAddress: 120, perTenant: null },
  status: { seconds: 60, perAddress: 1200, perTenant: null },
  abuse: { seconds: 3600, perAddress: 10, perTenant: null },
  /** Stripe sends from few addresses, and many events at the turn of a month; refused ones come again. */
  stripe_webhook: { seconds: 60, perAddress: 6000, perTenant: null },
  /** License and API keys that were not valid: guessing. */
  credential_failure: { seconds: 600, perAddress: 60, perTenant: null },
  /** Files of usage: each may read as many rows as a page of a year. */
  export: { seconds: 60, perAddress: 60, perTenant: 30 },
  /** Keys and devices changed by people. */
  keys: { seconds: 600, perAddress: 600, perTenant: 300 },
  /** Each asks DNS several times. */
  domain_check: { seconds: 600, perAddress: 200, perTenant: 100 },
  /** Hubs report every minute, and several stand behind one address. */
  hub: { seconds: 60, perAddress: 1200, perTenant: 120 },
  /** Each may cost a dozen calls of the 1,200 in five minutes that Cloudflare grants us for all. */
  hub_change: { seconds: 600, perAddress: 200, perTenant: 60 },
  /** Each asks Stripe several times, whose own limit all tenants share. */
  billing: { seconds: 600, perAddress: 300, perTenant: 100 },
} as const satisfies Record<string, Limit>;

export type Door = keyof typeof limits;
