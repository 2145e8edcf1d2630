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
  /** Claiming names; a person needs a handful, a squatter many. */
  register: { seconds: 600, perAddress: 30, perTenant: 20 },
  /** A connector asks once per start and again after it was refused. */
  issue: { seconds: 60, perAddress: 60, perTenant: 60 },
  /** Desktop runtimes poll it. */
  details: { seconds: 60, perAddress: 120, perTenant: 120 },
  rotate: { seconds: 600, perAddress: 30, perTenant: 20 },
  /** As somebody types. */
  availability: { seconds: 60, perAddress: 120, perTenant: null },
  status: { seconds: 60, perAddress: 240, perTenant: null },
  abuse: { seconds: 3600, perAddress: 10, perTenant: null },
  /** License and API keys that were not valid: guessing. */
  credential_failure: { seconds: 600, perAddress: 30, perTenant: null },
  /** Keys and devices changed by people. */
  keys: { seconds: 600, perAddress: 120, perTenant: 60 },
} as const satisfies Record<string, Limit>;

export type Door = keyof typeof limits;
