import type { Address, Metadata, Seconds } from "./objects.ts";

export interface PaymentError {
  advice_code?: string;
  code: string;
  decline_code?: string;
  doc_url?: string;
  message: string;
  payment_method?: unknown;
  type: "card_error";
}

export interface NextAction {
  redirect_to_url: { return_url: string | null; url: string };
  type: "redirect_to_url";
}

export interface PaymentIntent {
  id: string;
  object: "payment_intent";
  amount: number;
  amount_capturable: 0;
  amount_received: number;
  automatic_payment_methods: null;
  canceled_at: Seconds | null;
  cancellation_reason: string | null;
  capture_method: "automatic";
  client_secret: string;
  confirmation_method: "automatic";
  created: Seconds;
  currency: string;
  customer: string;
  description: string | null;
  last_payment_error: PaymentError | null;
  latest_charge: string | null;
  livemode: false;
  metadata: Metadata;
  next_action: NextAction | null;
  payment_method: string | null;
  payment_method_types: string[];
  receipt_email: null;
  setup_future_usage: "off_session" | null;
  status: "requires_payment_method" | "requires_confirmation" | "requires_action" | "succeeded" | "canceled";
  _invoice: string | null;
}

export interface SetupIntent {
  id: string;
  object: "setup_intent";
  created: Seconds;
  client_secret: string;
  customer: string;
  last_setup_error: PaymentError | null;
  livemode: false;
  metadata: Metadata;
  next_action: NextAction | null;
  payment_method: string | null;
  payment_method_types: string[];
  status: "requires_payment_method" | "requires_confirmation" | "requires_action" | "succeeded" | "canceled";
  usage: "off_session";
}

export interface Charge {
  id: string;
  object: "charge";
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  captured: boolean;
  created: Seconds;
  currency: string;
  customer: string;
  description: string | null;
  disputed: boolean;
  failure_code: string | null;
  failure_message: string | null;
  livemode: false;
  metadata: Metadata;
  outcome: { network_status: string; reason: string | null; seller_message: string; type: string };
  paid: boolean;
  payment_intent: string;
  payment_method: string;
  payment_method_details: {
    card: { brand: string; last4: string; exp_month: number; exp_year: number };
    type: "card";
  };
  receipt_url: string | null;
  refunded: boolean;
  status: "succeeded" | "failed";
}

export interface Refund {
  id: string;
  object: "refund";
  amount: number;
  charge: string;
  created: Seconds;
  currency: string;
  metadata: Metadata;
  payment_intent: string;
  reason: string | null;
  status: "succeeded";
}

export interface Dispute {
  id: string;
  object: "dispute";
  amount: number;
  balance_transactions: never[];
  charge: string;
  created: Seconds;
  currency: string;
  evidence: Record<string, string | null>;
  evidence_details: { due_by: Seconds; has_evidence: boolean; past_due: boolean; submission_count: number };
  is_charge_refundable: boolean;
  livemode: false;
  metadata: Metadata;
  payment_intent: string;
  reason: string;
  status: "needs_response" | "under_review" | "won" | "lost";
}

export interface CheckoutSession {
  id: string;
  object: "checkout.session";
  allow_promotion_codes: boolean | null;
  amount_subtotal: number;
  amount_total: number;
  automatic_tax: { enabled: boolean; liability: null; provider: null; status: null };
  billing_address_collection: "auto" | "required" | null;
  cancel_url: string | null;
  client_reference_id: string | null;
  client_secret: null;
  created: Seconds;
  currency: string;
  custom_fields: never[];
  customer: string | null;
  customer_creation: "always" | "if_required" | null;
  customer_details: {
    address: Address | null;
    email: string | null;
    name: string | null;
    phone: null;
    tax_exempt: "none";
    tax_ids: { type: string; value: string }[];
  } | null;
  customer_email: string | null;
  discounts: { coupon: string | null; promotion_code: string | null }[];
  expires_at: Seconds;
  invoice: string | null;
  livemode: false;
  locale: string | null;
  metadata: Metadata;
  mode: "subscription" | "setup";
  payment_intent: null;
  payment_link: null;
  payment_method_collection: "always" | "if_required";
  payment_method_types: string[];
  payment_status: "paid" | "unpaid" | "no_payment_required";
  recovered_from: null;
  setup_intent: string | null;
  status: "open" | "complete" | "expired";
  submit_type: null;
  subscription: string | null;
  success_url: string;
  tax_id_collection: { enabled: boolean; required: "never" };
  total_details: { amount_discount: number; amount_shipping: 0; amount_tax: 0 };
  ui_mode: "hosted_page";
  url: string | null;
  _lines: { price: string; quantity?: number }[];
  _subscription: CheckoutSubscriptionData;
  /** What was filled in, while the bank asks. */
  _pending: { method: string; form: unknown } | null;
}

export interface CheckoutSubscriptionData {
  billing_cycle_anchor?: Seconds | undefined;
  description?: string | undefined;
  metadata: Metadata;
  proration_behavior?: "create_prorations" | "none" | undefined;
  trial_end?: Seconds | undefined;
  trial_period_days?: number | undefined;
  missing_payment_method?: "create_invoice" | "cancel" | "pause" | undefined;
}

export type FlowType = "payment_method_update" | "subscription_cancel" | "customer_update";

export interface PortalConfiguration {
  id: string;
  object: "billing_portal.configuration";
  active: boolean;
  business_profile: {
    headline: string | null;
    privacy_policy_url: string | null;
    terms_of_service_url: string | null;
  };
  created: Seconds;
  default_return_url: string | null;
  features: Record<string, unknown>;
  is_default: boolean;
  livemode: false;
  login_page: { enabled: false; url: null };
  metadata: Metadata;
  name: string | null;
  updated: Seconds;
}

export interface PortalSession {
  id: string;
  object: "billing_portal.session";
  configuration: string;
  created: Seconds;
  customer: string;
  customer_account: null;
  flow: {
    after_completion: {
      hosted_confirmation: null;
      redirect: { return_url: string } | null;
      type: "portal_homepage" | "redirect" | "hosted_confirmation";
    };
    subscription_cancel: { retention: null; subscription: string } | null;
    subscription_update: null;
    subscription_update_confirm: null;
    type: FlowType;
  } | null;
  livemode: false;
  locale: null;
  on_behalf_of: null;
  return_url: string | null;
  url: string;
  /** What the browser shows instead of the address it came by, which opens once. */
  _secret: string;
  _opened: boolean;
  _cookie: string | null;
}
