import type {
  Coupon,
  Discount,
  Invoice,
  InvoiceItem,
  InvoicePayment,
  PromotionCode,
  Schedule,
  Subscription,
} from "./billing-objects.ts";
import type { Delivery, StripeEvent, TestClock, ThinEvent, WebhookEndpoint } from "./event-objects.ts";
import type { Customer, Meter, PaymentMethod, Price, Product, TaxId } from "./objects.ts";
import type {
  Charge,
  CheckoutSession,
  Dispute,
  PaymentIntent,
  PortalConfiguration,
  PortalSession,
  Refund,
  SetupIntent,
} from "./payment-objects.ts";
import { type Stored, Table } from "./table.ts";
import { UsageTable } from "./usage-table.ts";

/** Everything the account holds. */
export class State {
  readonly customers = new Table<Customer>("customer");
  readonly taxIds = new Table<TaxId>("tax_id");
  readonly products = new Table<Product>("product");
  readonly prices = new Table<Price>("price");
  readonly meters = new Table<Meter>("billing.meter");
  readonly usage = new UsageTable("meter_event");
  readonly paymentMethods = new Table<PaymentMethod>("PaymentMethod");
  readonly coupons = new Table<Coupon>("coupon");
  readonly promotionCodes = new Table<PromotionCode>("promotion_code");
  readonly discounts = new Table<Discount>("discount");
  readonly subscriptions = new Table<Subscription>("subscription");
  readonly schedules = new Table<Schedule>("subscription schedule");
  readonly invoices = new Table<Invoice>("invoice");
  readonly invoiceItems = new Table<InvoiceItem>("invoiceitem");
  readonly invoicePayments = new Table<InvoicePayment>("invoice_payment");
  readonly paymentIntents = new Table<PaymentIntent>("payment_intent");
  readonly setupIntents = new Table<SetupIntent>("setupintent");
  readonly charges = new Table<Charge>("charge");
  readonly refunds = new Table<Refund>("refund");
  readonly disputes = new Table<Dispute>("dispute");
  readonly checkoutSessions = new Table<CheckoutSession>("checkout.session");
  readonly portalConfigurations = new Table<PortalConfiguration>("configuration");
  readonly portalSessions = new Table<PortalSession>("billing_portal.session");
  readonly testClocks = new Table<TestClock>("testclock");
  readonly webhookEndpoints = new Table<WebhookEndpoint>("webhook endpoint");
  readonly events = new Table<StripeEvent>("event");
  readonly thinEvents = new Table<ThinEvent>("event");
  readonly deliveries = new Table<Delivery>("delivery");

  /** What an id stands for, whatever its kind. */
  find(id: string): Stored | undefined {
    for (const table of this.#tables()) {
      const found = table.find(id);
      if (found) return found;
    }
    return undefined;
  }

  clear(): void {
    for (const table of this.#tables()) table.clear();
  }

  toJSON(): Record<string, Stored[]> {
    return Object.fromEntries(
      Object.entries(this).map(([name, table]) => [name, [...(table as Table<Stored>).values()]]),
    );
  }

  restore(kept: Record<string, Stored[]>): void {
    const tables = this as unknown as Record<string, Table<Stored> | undefined>;
    for (const [name, rows] of Object.entries(kept)) for (const row of rows) tables[name]?.add(row);
  }

  #tables(): Table<Stored>[] {
    return Object.values(this) as Table<Stored>[];
  }
}
