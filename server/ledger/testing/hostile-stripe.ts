import type { MeterName, PlanName } from "../../../db/schema/index.ts";
import { planOf } from "../../plans.ts";
import { addMonths, eachMeter, type MeterTotals, noTotals } from "../../pricing/index.ts";
import type { MeterEvent, SendOutcome, StripeGateway, UsageInvoice } from "../gateway.ts";
import type { LedgerSubscription } from "../store.ts";
import type { Agenda } from "./agenda.ts";
import type { Random } from "./random.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** Probability of each, per call. */
export interface Faults {
  /** The connection breaks before Stripe has the event. */
  lostRequest: number;
  /** Stripe has it, the answer is lost. */
  lostAnswer: number;
  /** The request is stuck on its way and arrives up to two hours later, after others. */
  stuck: number;
  /** It arrives twice. */
  twice: number;
  rateLimited: number;
  /** A 500, half of them after the work was done. */
  serverError: number;
  /** Accepted, and dropped by what comes after. */
  dropped: number;
  /** Accepted, and counted only up to forty minutes later. */
  slow: number;
  /** A read fails. */
  readFails: number;
}

export const noFaults: Faults = {
  lostRequest: 0,
  lostAnswer: 0,
  stuck: 0,
  twice: 0,
  rateLimited: 0,
  serverError: 0,
  dropped: 0,
  slow: 0,
  readFails: 0,
};

interface StoredEvent {
  readonly meter: MeterName;
  readonly value: number;
  readonly time: number;
  readonly countedFrom: number;
}

export interface ModelInvoice {
  readonly invoiceId: string;
  readonly createdAt: number;
  readonly start: number;
  readonly end: number;
  readonly plan: PlanName;
  readonly isTrial: boolean;
  /** null while it is a draft. */
  final: { readonly quantities: MeterTotals; readonly amountsCents: MeterTotals } | null;
}

/** One customer's subscription, meters and invoices, as Stripe treats them on a bad day. */
export class HostileStripe implements StripeGateway {
  faults: Faults = noFaults;
  plan: PlanName;
  status = "active";
  periodStart: number;
  periodEnd: number;
  trialEnd: number | null;
  endedAt: number | null = null;
  cancelsAtPeriodEnd = false;
  readonly createdAt: number;
  readonly invoices: ModelInvoice[] = [];
  /** Events sent while another of the same meter was under way. */
  overlaps = 0;
  /** The billing mode: a price that is left is charged for at once, not with the period. */
  isFlexible: boolean;
  onChange: () => void = () => undefined;
  /** Where a process can die while Stripe works. */
  onCall: () => Promise<void> = async () => undefined;
  private readonly name: string;
  /** Where the present metered prices began to count. */
  meteredFrom: number;
  private anchorDay: number;
  private readonly events: StoredEvent[] = [];
  private readonly identifiers = new Map<string, number>();
  private readonly inFlight = new Set<MeterName>();
  private readonly agenda: Agenda;
  private readonly random: Random;

  /** @param name makes the ids */
  constructor(agenda: Agenda, random: Random, name: string, plan: PlanName, trialDays: number) {
    this.name = name;
    this.agenda = agenda;
    this.random = random;
    this.plan = plan;
    this.createdAt = agenda.time;
    this.periodStart = agenda.time;
    this.meteredFrom = agenda.time;
    this.isFlexible = random.chance(0.7);
    this.trialEnd = trialDays > 0 ? agenda.time + trialDays * DAY : null;
    if (this.trialEnd !== null) this.status = "trialing";
    const anchor = new Date(this.trialEnd ?? agenda.time);
    this.anchorDay = anchor.getUTCDate();
    this.periodEnd = this.trialEnd ?? addMonths(anchor, 1, this.anchorDay).getTime();
    // The first invoice has an empty line for usage, of the period that only begins.
    const first = this.addInvoice(this.periodStart, this.periodEnd, true);
    first.final = { quantities: noTotals(), amountsCents: noTotals() };
    this.planRenewal();
  }

  async send(event: MeterEvent): Promise<SendOutcome> {
    const { faults, random } = this;
    if (this.inFlight.has(event.meter)) {
      this.overlaps++;
      return unknown("429 one at a time");
    }
    this.inFlight.add(event.meter);
    try {
      await this.onCall();
      if (random.chance(faults.rateLimited)) return unknown("429");
      if (random.chance(faults.lostRequest)) return unknown("connection reset");
      if (random.chance(faults.stuck)) {
        this.agenda.at(this.agenda.time + random.int(1, 7_200) * SECOND, () => void this.receive(event));
        return unknown("timeout");
      }
      const early = random.chance(faults.serverError);
      if (early && random.chance(0.5)) return unknown("500");
      const outcome = this.receive(event);
      if (random.chance(faults.twice)) this.receive(event);
      await this.onCall();
      if (early || random.chance(faults.lostAnswer)) return unknown("timeout");
      return outcome;
    } finally {
      this.inFlight.delete(event.meter);
    }
  }

  async getSubscription(): Promise<Omit<LedgerSubscription, "plan">> {
    await this.read();
    const { plan: _, ...rest } = this.view();
    return rest;
  }

  async listUsageInvoices(): Promise<UsageInvoice[]> {
    await this.read();
    return this.invoices.toReversed().map((invoice) => {
      const quantities = invoice.final?.quantities ?? this.count(invoice.start, invoice.end);
      return {
        invoiceId: invoice.invoiceId,
        isFinal: invoice.final !== null,
        createdAt: new Date(invoice.createdAt),
        periodStart: new Date(invoice.start),
        periodEnd: new Date(invoice.end),
        plan: invoice.plan,
        quantities,
        amountsCents: invoice.final?.amountsCents ?? price(invoice.plan, quantities),
      };
    });
  }

  async getMeterTotal(
    _customer: string,
    meter: MeterName,
    period: { start: Date; end: Date },
  ): Promise<number> {
    await this.read();
    return this.count(period.start.getTime(), period.end.getTime())[meter];
  }

  /** The subscription as the portal would copy it. */
  view(): LedgerSubscription {
    return {
      subscriptionId: `sub_${this.name}`,
      stripeCustomerId: `cus_${this.name}`,
      status: this.status,
      plan: this.plan,
      periodStart: new Date(this.periodStart),
      periodEnd: new Date(this.periodEnd),
      trialEnd: this.trialEnd === null ? null : new Date(this.trialEnd),
      endedAt: this.endedAt === null ? null : new Date(this.endedAt),
      createdAt: new Date(this.createdAt),
      latestInvoiceId: this.invoices.at(-1)?.invoiceId ?? null,
    };
  }

  /** With the flexible billing mode usage at the old price is charged for at once, up to a moment in the last half hour. */
  changePlan(plan: PlanName): void {
    const at = Math.floor(this.agenda.time / SECOND - this.random.int(0, 1_800)) * SECOND;
    if (plan === this.plan || this.endedAt !== null) return;
    if (this.isFlexible && this.status === "active") {
      if (at <= this.meteredFrom) return;
      this.invoice(this.meteredFrom, at, 0);
      this.meteredFrom = at;
    }
    this.plan = plan;
    this.onChange();
  }

  /** Ends the period now and invoices it; the next one is anchored here. */
  restartPeriod(plan: PlanName): void {
    const now = Math.floor(this.agenda.time / SECOND) * SECOND;
    if (now <= this.meteredFrom || this.status !== "active") return;
    this.invoice(this.meteredFrom, now, this.random.chance(0.5) ? 0 : HOUR);
    this.plan = plan;
    this.meteredFrom = now;
    this.anchorDay = new Date(now).getUTCDate();
    this.periodStart = now;
    this.periodEnd = addMonths(new Date(now), 1, this.anchorDay).getTime();
    this.planRenewal();
    this.onChange();
  }

  /** With `invoice_now`. */
  cancelNow(): void {
    const now = Math.floor(this.agenda.time / SECOND) * SECOND;
    if (this.endedAt !== null || now <= this.meteredFrom) return;
    const wasTrial = this.status === "trialing";
    if (wasTrial) this.trialEnd = now;
    this.endedAt = now;
    this.status = "canceled";
    this.invoice(this.meteredFrom, now, this.random.chance(0.5) ? 0 : HOUR, wasTrial);
    this.onChange();
  }

  private planRenewal(): void {
    const end = this.periodEnd;
    const lag = this.random.chance(0.5) ? 0 : this.random.int(1, 120) * SECOND;
    this.agenda.at(end + lag, () => {
      if (this.endedAt !== null || this.periodEnd !== end) return;
      const wasTrial = this.status === "trialing";
      const began = this.periodStart;
      this.invoice(this.meteredFrom, end, this.random.chance(0.1) ? 3 * DAY : HOUR, wasTrial);
      this.periodStart = end;
      this.meteredFrom = end;
      if (this.cancelsAtPeriodEnd) {
        this.status = "canceled";
        this.endedAt = end;
        this.periodStart = began;
      } else {
        this.status = "active";
        this.periodEnd = addMonths(new Date(end), 1, this.anchorDay).getTime();
        this.planRenewal();
      }
      this.onChange();
    });
  }

  private invoice(start: number, end: number, draftMs: number, isTrial = false): void {
    const invoice = this.addInvoice(start, end, isTrial);
    const finalize = () => {
      const quantities = isTrial ? noTotals() : this.count(start, end);
      invoice.final = { quantities, amountsCents: price(invoice.plan, quantities) };
    };
    if (draftMs === 0) finalize();
    else this.agenda.at(this.agenda.time + draftMs, finalize);
  }

  private addInvoice(start: number, end: number, isTrial: boolean): ModelInvoice {
    const { plan } = this;
    const invoiceId = `in_${this.invoices.length + 1}`;
    const invoice = { invoiceId, createdAt: this.agenda.time, start, end, plan, isTrial, final: null };
    this.invoices.push(invoice);
    return invoice;
  }

  private receive(event: MeterEvent): SendOutcome {
    const now = this.agenda.time;
    const time = event.eventTime.getTime();
    if (time % SECOND !== 0) return { kind: "rejected", message: "timestamp" };
    const known = this.identifiers.get(event.identifier);
    // Known again is success; a day later it is forgotten and the event counts once more.
    if (known !== undefined && now - known < DAY) return { kind: "accepted" };
    if (time > now + 300 * SECOND) return { kind: "rejected", message: "timestamp in the future" };
    if (time < now - 35 * DAY) return { kind: "rejected", message: "timestamp too far in the past" };
    this.identifiers.set(event.identifier, now);
    const { random, faults } = this;
    if (random.chance(faults.dropped)) return { kind: "accepted" };
    const seconds = random.chance(faults.slow) ? random.int(60, 2_400) : random.int(0, 20);
    this.events.push({ meter: event.meter, value: event.value, time, countedFrom: now + seconds * SECOND });
    return { kind: "accepted" };
  }

  /** `last` aggregation over what has been counted by now. Of two events of one second the wrong one counts. */
  private count(start: number, end: number): MeterTotals {
    const totals = noTotals();
    const newest = eachMeter(() => -1);
    for (const { meter, value, time, countedFrom } of this.events) {
      if (time < start || time >= end || countedFrom > this.agenda.time || time <= newest[meter]) continue;
      newest[meter] = time;
      totals[meter] = value;
    }
    return totals;
  }

  private async read(): Promise<void> {
    await this.onCall();
    if (this.random.chance(this.faults.readFails)) throw new Error("Stripe does not answer");
  }
}

function unknown(message: string): SendOutcome {
  return { kind: "unknown", message, mayRetry: true, retryAfterMs: null };
}

/** Prices by another road than `chargeOf`: halves of a cent, counted in millionths. */
function price(plan: PlanName, quantities: MeterTotals): MeterTotals {
  const cents = (meter: MeterName) => {
    const { included, perMillionCents } = planOf(plan).metered[meter];
    const above = BigInt(Math.max(0, quantities[meter] - included));
    return Number((2n * above * BigInt(perMillionCents ?? 0) + 1_000_000n) / 2_000_000n);
  };
  return eachMeter(cents);
}
