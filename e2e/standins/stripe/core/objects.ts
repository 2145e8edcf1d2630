/** The shapes of what is kept, as they are on the wire. Fields that start with `_` are ours and never leave. */
export type Metadata = Record<string, string>;
/** Unix seconds. */
export type Seconds = number;

export interface Address {
  city: string | null;
  country: string | null;
  line1: string | null;
  line2: string | null;
  postal_code: string | null;
  state: string | null;
}

export interface Customer {
  id: string;
  object: "customer";
  address: Address | null;
  balance: number;
  created: Seconds;
  currency: string | null;
  default_source: null;
  deleted?: true;
  delinquent: boolean;
  description: string | null;
  email: string | null;
  invoice_prefix: string;
  invoice_settings: {
    custom_fields: null;
    default_payment_method: string | null;
    footer: null;
    rendering_options: null;
  };
  livemode: false;
  metadata: Metadata;
  name: string | null;
  next_invoice_sequence: number;
  phone: string | null;
  preferred_locales: string[];
  shipping: null;
  tax_exempt: "none" | "exempt" | "reverse";
  test_clock: string | null;
}

export interface TaxId {
  id: string;
  object: "tax_id";
  country: string | null;
  created: Seconds;
  customer: string;
  livemode: false;
  owner: { customer: string; type: "customer" };
  type: string;
  value: string;
  verification: {
    status: "verified" | "unverified" | "pending";
    verified_address: null;
    verified_name: null;
  } | null;
}

export interface Product {
  id: string;
  object: "product";
  active: boolean;
  created: Seconds;
  default_price: string | null;
  description: string | null;
  images: string[];
  livemode: false;
  marketing_features: never[];
  metadata: Metadata;
  name: string;
  package_dimensions: null;
  shippable: null;
  statement_descriptor: string | null;
  tax_code: string | null;
  type: "service";
  unit_label: string | null;
  updated: Seconds;
  url: string | null;
}

export interface Tier {
  flat_amount: number | null;
  flat_amount_decimal: string | null;
  unit_amount: number | null;
  unit_amount_decimal: string | null;
  /** Null: all above. */
  up_to: number | null;
}

export type Interval = "day" | "week" | "month" | "year";

export interface Price {
  id: string;
  object: "price";
  active: boolean;
  billing_scheme: "per_unit" | "tiered";
  created: Seconds;
  currency: string;
  custom_unit_amount: null;
  livemode: false;
  lookup_key: string | null;
  metadata: Metadata;
  nickname: string | null;
  product: string;
  recurring: {
    interval: Interval;
    interval_count: number;
    meter: string | null;
    trial_period_days: null;
    usage_type: "licensed" | "metered";
  } | null;
  tax_behavior: "exclusive" | "inclusive" | "unspecified";
  tiers_mode: "graduated" | "volume" | null;
  transform_quantity: { divide_by: number; round: "up" | "down" } | null;
  type: "recurring" | "one_time";
  unit_amount: number | null;
  unit_amount_decimal: string | null;
  /** Shown only when `tiers` is expanded. */
  _tiers: Tier[] | null;
}

export interface Meter {
  id: string;
  object: "billing.meter";
  created: Seconds;
  customer_mapping: { event_payload_key: string; type: "by_id" };
  default_aggregation: { formula: "sum" | "count" | "last" };
  display_name: string;
  event_name: string;
  event_time_window: "hour" | "day" | null;
  livemode: false;
  status: "active" | "inactive";
  status_transitions: { deactivated_at: Seconds | null };
  updated: Seconds;
  value_settings: { event_payload_key: string };
}

/** One accepted event; Stripe shows none of them again. */
export interface UsageEvent {
  id: string;
  meter: string;
  customer: string;
  identifier: string;
  timestamp: Seconds;
  value: number;
  /** Machine-independent order of arrival. */
  sequence: number;
  /** When summaries and drafts see it. */
  visibleAt: Seconds;
  receivedAt: Seconds;
  cancelled: boolean;
}

export interface PaymentMethod {
  id: string;
  object: "payment_method";
  allow_redisplay: "always" | "limited" | "unspecified";
  billing_details: {
    address: Address | null;
    email: string | null;
    name: string | null;
    phone: null;
    tax_id: null;
  };
  card: {
    brand: string;
    checks: { address_line1_check: null; address_postal_code_check: null; cvc_check: "pass" };
    country: "US";
    display_brand: string;
    exp_month: number;
    exp_year: number;
    fingerprint: string;
    funding: "credit";
    generated_from: null;
    last4: string;
    networks: { available: string[]; preferred: null };
    regulated_status: "unregulated";
    three_d_secure_usage: { supported: true };
    wallet: null;
  };
  created: Seconds;
  customer: string | null;
  livemode: false;
  metadata: Metadata;
  type: "card";
  /** Which test card it is; decides what its charges do. */
  _number: string;
  /** Authenticated once, for later charges without the customer. */
  _setUp: boolean;
}
