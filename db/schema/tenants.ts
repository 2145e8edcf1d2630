import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { TaxIdSummary } from "./billing.ts";

export type PlanName = "free" | "pro" | "team";
export type BillingState = "ok" | "unpaid";
/** Who decided the plan: nobody, a subscription, or an operator who gives it away. */
export type PlanSource = "default" | "subscription" | "operator";
export type LicenseStatus = "active" | "revoked" | "expired";

/** `auth_config`: how the members of a tenant sign in. */
export interface TenantAuthConfig {
  provider: "email" | "github" | "google" | "oidc";
}

export interface TenantSettingsTable {
  tenant_id: string;
  plan: Generated<PlanName>;
  billing_state: Generated<BillingState>;
  suspended_at: Date | null;
  suspended_reason: string | null;
  auth_config: JSONColumnType<TenantAuthConfig, string | undefined, string>;
  stripe_customer_id: string | null;
  plan_source: Generated<PlanSource>;
  /** Set while a payment is missing: from then on the account counts as unpaid. */
  grace_ends_at: Date | null;
  /** As Stripe last told them. */
  tax_ids: JSONColumnType<TaxIdSummary[], string | undefined, string>;
  /** When all invoices were last read from Stripe. */
  invoices_synced_at: Date | null;
  created_at: Generated<Date>;
}

export interface LicensesTable {
  id: string;
  tenant_id: string;
  plan: PlanName;
  status: Generated<LicenseStatus>;
  /** SHA-256 (hex) of the key; null until one is issued. */
  key_hash: string | null;
  key_hint: string | null;
  device_limit: number;
  created_at: Generated<Date>;
  key_issued_at: Date | null;
  revoked_at: Date | null;
  expires_at: Date | null;
}

export interface DevicesTable {
  id: string;
  tenant_id: string;
  license_id: string;
  /** The name that the device gives itself. */
  device_id: string;
  name: string | null;
  platform: string | null;
  created_at: Generated<Date>;
  last_seen_at: ColumnType<Date, Date | undefined, Date>;
  /** Set when the place was given back; the row stays for the audit. */
  released_at: Date | null;
}
