import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { createLedger, type LedgerLog, pushFinal } from "../ledger/index.ts";
import { type Catalog, createCatalog } from "./catalog.ts";
import { createStripeClient } from "./stripe.ts";

/** What stands behind the account's money: nothing, something to try it against, Stripe's sandbox, or Stripe. */
export type BillingMode = "off" | "stand_in" | "test" | "live";

/** The billing of a process: made once at start, handed on. */
export type Billing = BillingOff | BillingOn;

interface BillingOff {
  readonly mode: "off";
}

export interface BillingOn {
  readonly mode: Exclude<BillingMode, "off">;
  readonly stripe: Stripe;
  /** Our products and prices there, as far as they are known to this process. */
  readonly catalog: Catalog;
  /** Days that service goes on after a payment failed. */
  readonly graceDays: number;
  /** Reports everything that a tenant used until now; to be done before a subscription is ended at once. */
  readonly pushUsage: (tenantId: string) => Promise<"counted" | "sent" | "unsettled">;
  readonly now: () => Date;
}

export const billingOff: BillingOff = { mode: "off" };

/** Makes the billing of a process from its configuration. */
export function createBilling(
  settings:
    | { readonly kind: "off" }
    | {
        readonly kind: "stripe";
        readonly secretKey: string;
        readonly apiBase: string | null;
        readonly graceDays: number;
      },
  { db, log, now = () => new Date() }: { db: Db; log: LedgerLog; now?: () => Date },
): Billing {
  if (settings.kind === "off") return billingOff;
  const { secretKey, apiBase, graceDays } = settings;
  const stripe = createStripeClient(secretKey, apiBase);
  return {
    mode: modeOf(secretKey, apiBase),
    stripe,
    catalog: createCatalog(stripe),
    graceDays,
    pushUsage: (tenantId) => pushFinal(createLedger(db, stripe, log), tenantId),
    now,
  };
}

function modeOf(secretKey: string, apiBase: string | null): BillingOn["mode"] {
  if (apiBase !== null) return "stand_in";
  return /^[sr]k_live_/.test(secretKey) ? "live" : "test";
}

/** @throws DomainError precondition/billing_off */
export function requireBilling(billing: Billing): BillingOn {
  if (billing.mode !== "off") return billing;
  throw new DomainError(
    "precondition",
    "billing_off",
    "billing is off in this installation: its operator has to set STRIPE_SECRET_KEY",
  );
}
