import type { Address, Metadata, Price, Seconds } from "./objects.ts";
import type { List } from "./routes.ts";

export interface Coupon {
  id: string;
  object: "coupon";
  amount_off: number | null;
  created: Seconds;
  currency: string | null;
  duration: "forever" | "once" | "repeating";
  duration_in_months: number | null;
  livemode: false;
  max_redemptions: number | null;
  metadata: Metadata;
  name: string | null;
  percent_off: number | null;
  redeem_by: Seconds | null;
  times_redeemed: number;
  valid: boolean;
}

export interface PromotionCode {
  id: string;
  object: "promotion_code";
  active: boolean;
  code: string;
  created: Seconds;
  customer: string | null;
  customer_account: null;
  expires_at: Seconds | null;
  livemode: false;
  max_redemptions: number | null;
  metadata: Metadata;
  promotion: { coupon: string; type: "coupon" };
  restrictions: { first_time_transaction: boolean; minimum_amount: null; minimum_amount_currency: null };
  times_redeemed: number;
}

export interface Discount {
  id: string;
  object: "discount";
  checkout_session: string | null;
  customer: string;
  customer_account: null;
  end: Seconds | null;
  invoice: string | null;
  invoice_item: string | null;
  promotion_code: string | null;
  source: { coupon: string; type: "coupon" };
  start: Seconds;
  subscription: string | null;
  subscription_item: null;
  /** A coupon for one invoice was used. */
  _used: boolean;
}

export interface SubscriptionItem {
  id: string;
  object: "subscription_item";
  billing_thresholds: null;
  created: Seconds;
  current_period_end: Seconds;
  current_period_start: Seconds;
  current_trial: null;
  discounts: string[];
  metadata: Metadata;
  price: Price;
  quantity?: number;
  subscription: string;
  tax_rates: never[];
  /** Metered: usage before this was billed with another price or is free. */
  _meteredFrom: Seconds;
}

export type SubscriptionStatus =
  | "incomplete"
  | "incomplete_expired"
  | "trialing"
  | "active"
  | "past_due"
  | "unpaid"
  | "paused"
  | "canceled";

export interface Subscription {
  id: string;
  object: "subscription";
  application: null;
  automatic_tax: { disabled_reason: null; enabled: boolean; liability: null };
  billing_cycle_anchor: Seconds;
  billing_cycle_anchor_config: null;
  billing_mode: {
    flexible: { proration_discounts: "included" } | null;
    type: "classic" | "flexible";
    updated_at?: Seconds;
  };
  billing_thresholds: null;
  cancel_at: Seconds | null;
  cancel_at_period_end: boolean;
  canceled_at: Seconds | null;
  cancellation_details: { comment: string | null; feedback: string | null; reason: string | null };
  collection_method: "charge_automatically" | "send_invoice";
  created: Seconds;
  currency: string;
  customer: string;
  customer_account: null;
  days_until_due: number | null;
  default_payment_method: string | null;
  default_source: null;
  default_tax_rates: never[];
  description: string | null;
  discounts: string[];
  ended_at: Seconds | null;
  items: List<SubscriptionItem>;
  latest_invoice: string | null;
  livemode: false;
  metadata: Metadata;
  next_pending_invoice_item_invoice: null;
  pause_collection: null;
  payment_settings: {
    payment_method_options: null;
    payment_method_types: null;
    save_default_payment_method: "off" | "on_subscription";
  };
  pending_setup_intent: string | null;
  pending_update: PendingUpdate | null;
  schedule: string | null;
  start_date: Seconds;
  status: SubscriptionStatus;
  test_clock: string | null;
  trial_end: Seconds | null;
  trial_settings: { end_behavior: { missing_payment_method: "create_invoice" | "cancel" | "pause" } };
  trial_start: Seconds | null;
  /** Notices that were given for this period or trial already. */
  _noticed: { trialWillEnd: boolean; upcomingFor: Seconds | null };
}

export interface PendingUpdate {
  billing_cycle_anchor: Seconds | null;
  expires_at: Seconds;
  subscription_items: { id: string; price: Price; quantity?: number }[] | null;
  trial_end: Seconds | null;
  trial_from_plan: null;
  /** Applied once this is paid. */
  _invoice: string;
}

export interface InvoiceLine {
  id: string;
  object: "line_item";
  amount: number;
  currency: string;
  description: string;
  discount_amounts: { amount: number; discount: string }[];
  discountable: boolean;
  discounts: string[];
  invoice: string | null;
  livemode: false;
  metadata: Metadata;
  parent: {
    invoice_item_details: {
      invoice_item: string;
      proration: boolean;
      proration_details: null;
      subscription: string | null;
    } | null;
    subscription_item_details: {
      invoice_item: string | null;
      proration: boolean;
      proration_details: null;
      subscription: string;
      subscription_item: string;
    } | null;
    type: "invoice_item_details" | "subscription_item_details";
  };
  period: { end: Seconds; start: Seconds };
  pretax_credit_amounts: never[];
  pricing: {
    price_details: { price: string; product: string };
    type: "price_details";
    unit_amount_decimal: string | null;
  } | null;
  quantity: number | null;
  quantity_decimal: string | null;
  subscription: string | null;
  subtotal: number;
  taxes: never[];
  /** Usage that is counted again until the invoice is final. */
  _usage: { price: Price; item: string; from: Seconds; to: Seconds } | null;
}

export interface InvoiceItem {
  id: string;
  object: "invoiceitem";
  amount: number;
  currency: string;
  customer: string;
  date: Seconds;
  description: string;
  discountable: boolean;
  discounts: string[];
  invoice: string | null;
  livemode: false;
  metadata: Metadata;
  net_amount: number;
  parent: {
    subscription_details: { subscription: string; subscription_item: string | null };
    type: "subscription_details";
  } | null;
  period: { end: Seconds; start: Seconds };
  pricing: InvoiceLine["pricing"];
  proration: boolean;
  quantity: number;
  tax_rates: never[];
  test_clock: string | null;
}

export interface InvoicePayment {
  id: string;
  object: "invoice_payment";
  amount_paid: number | null;
  amount_requested: number;
  created: Seconds;
  currency: string;
  invoice: string;
  is_default: boolean;
  livemode: false;
  payment: { payment_intent: string; type: "payment_intent" };
  status: "open" | "paid" | "canceled";
  status_transitions: { canceled_at: Seconds | null; paid_at: Seconds | null };
}

export type BillingReason =
  | "subscription_create"
  | "subscription_cycle"
  | "subscription_update"
  | "manual"
  | "upcoming";

export interface Invoice {
  id: string;
  object: "invoice";
  account_country: "US";
  account_name: string;
  account_tax_ids: null;
  amount_due: number;
  amount_overpaid: number;
  amount_paid: number;
  amount_remaining: number;
  amount_shipping: 0;
  application: null;
  attempt_count: number;
  attempted: boolean;
  auto_advance: boolean;
  automatic_tax: { disabled_reason: null; enabled: boolean; liability: null; provider: null; status: null };
  automatically_finalizes_at: Seconds | null;
  billing_reason: BillingReason;
  collection_method: "charge_automatically" | "send_invoice";
  created: Seconds;
  currency: string;
  custom_fields: null;
  customer: string;
  customer_account: null;
  customer_address: Address | null;
  customer_email: string | null;
  customer_name: string | null;
  customer_phone: string | null;
  customer_shipping: null;
  customer_tax_exempt: "none" | "exempt" | "reverse";
  customer_tax_ids: { type: string; value: string }[];
  default_payment_method: string | null;
  default_source: null;
  default_tax_rates: never[];
  description: string | null;
  discounts: string[];
  due_date: Seconds | null;
  effective_at: Seconds | null;
  ending_balance: number | null;
  footer: null;
  from_invoice: null;
  hosted_invoice_url: string | null;
  invoice_pdf: string | null;
  issuer: { type: "self" };
  last_finalization_error: { code: string; message: string; type: "invalid_request_error" } | null;
  latest_revision: null;
  lines: List<InvoiceLine>;
  livemode: false;
  metadata: Metadata;
  next_payment_attempt: Seconds | null;
  number: string | null;
  on_behalf_of: null;
  parent: {
    quote_details: null;
    subscription_details: { metadata: Metadata; subscription: string };
    type: "subscription_details";
  } | null;
  payment_settings: { default_mandate: null; payment_method_options: null; payment_method_types: null };
  period_end: Seconds;
  period_start: Seconds;
  post_payment_credit_notes_amount: 0;
  pre_payment_credit_notes_amount: 0;
  receipt_number: null;
  rendering: null;
  shipping_cost: null;
  shipping_details: null;
  starting_balance: number;
  statement_descriptor: null;
  status: "draft" | "open" | "paid" | "void" | "uncollectible";
  status_transitions: {
    finalized_at: Seconds | null;
    marked_uncollectible_at: Seconds | null;
    paid_at: Seconds | null;
    voided_at: Seconds | null;
  };
  subtotal: number;
  subtotal_excluding_tax: number;
  test_clock: string | null;
  total: number;
  total_discount_amounts: { amount: number; discount: string }[];
  total_excluding_tax: number;
  total_pretax_credit_amounts: { amount: number; discount: string; type: "discount" }[];
  total_taxes: never[];
  webhooks_delivered_at: Seconds | null;
  /** Shown only when `payments` is expanded. */
  _payments: string[];
  /** Null: never retried by the clock. */
  _paymentIntent: string | null;
}

export interface ScheduleItem {
  billing_thresholds: null;
  discounts: never[];
  metadata: Metadata;
  plan: string;
  price: string;
  quantity?: number;
  tax_rates: never[];
}

export interface SchedulePhase {
  add_invoice_items: never[];
  billing_cycle_anchor: "automatic" | "phase_start" | null;
  currency: string;
  default_payment_method: string | null;
  description: string | null;
  discounts: { coupon: string | null; discount: string | null; promotion_code: string | null }[];
  end_date: Seconds;
  items: ScheduleItem[];
  metadata: Metadata;
  proration_behavior: "create_prorations" | "always_invoice" | "none";
  start_date: Seconds;
  trial_end: Seconds | null;
}

export interface Schedule {
  id: string;
  object: "subscription_schedule";
  application: null;
  billing_mode: Subscription["billing_mode"];
  canceled_at: Seconds | null;
  completed_at: Seconds | null;
  created: Seconds;
  current_phase: { end_date: Seconds; start_date: Seconds } | null;
  customer: string;
  customer_account: null;
  default_settings: { billing_cycle_anchor: "automatic"; collection_method: "charge_automatically" };
  end_behavior: "release" | "cancel";
  livemode: false;
  metadata: Metadata;
  phases: SchedulePhase[];
  released_at: Seconds | null;
  released_subscription: string | null;
  status: "active" | "canceled" | "completed" | "not_started" | "released";
  subscription: string | null;
  test_clock: string | null;
}
