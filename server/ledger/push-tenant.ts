import { planOf } from "../plans.ts";
import { costOf, type MeterTotals, meterNames, noTotals } from "../pricing/index.ts";
import type { LedgerDeps } from "./deps.ts";
import { isComparable, type UsageInvoice } from "./gateway.ts";
import { type DuePeriod, invoiceOf, isLive, partsOf, putParts, refreshPeriods } from "./periods.ts";
import { type MeterResult, pushMeter, settlePending } from "./push-meter.ts";
import type { LedgerSession, MeterPeriod } from "./store.ts";

/** Stripe needs some minutes to count an event; one that it does not show after so long is reported again, ms. */
const COUNTED_AFTER_MS = 600_000;
/** A renewal is invoiced at once and final after 72 h at most; then somebody has to look, ms. */
const INVOICE_MISSING_MS = 4 * 86_400_000;
/** Later than that Stripe takes no report of the period any more, ms. */
const GIVE_UP_MS = 34 * 86_400_000;

export interface TenantReport {
  readonly results: readonly MeterResult[];
  /** Periods whose invoice was seen to be final. */
  readonly closed: number;
  /** Quantities that came too late for their period's invoice and were moved to another period. */
  readonly carried: number;
}

/** Reports, closes and carries over what is due of one tenant. Call it with the tenant's lock held. */
export async function pushTenant(
  deps: LedgerDeps,
  session: LedgerSession,
  tenantId: string,
): Promise<TenantReport> {
  const now = await session.now();
  const work = new TenantWork(deps, session, tenantId, now);
  const due = await refreshPeriods(deps, session, now);
  // What closes first shows first what is left over, so that the running period's report has it already.
  for (const each of due) if (each.isOver) await work.close(each, due);
  for (const each of due) if (!each.isOver) await work.report(each, "running");
  return work;
}

class TenantWork implements TenantReport {
  readonly results: MeterResult[] = [];
  closed = 0;
  carried = 0;
  private readonly deps: LedgerDeps;
  private readonly session: LedgerSession;
  private readonly tenantId: string;
  private readonly now: Date;

  constructor(deps: LedgerDeps, session: LedgerSession, tenantId: string, now: Date) {
    this.deps = deps;
    this.session = session;
    this.tenantId = tenantId;
    this.now = now;
  }

  /** Clears up reports of unknown outcome of a period that is closed: too late to matter, but our record is to be complete. */
  private async settle(period: MeterPeriod): Promise<void> {
    const { deps, session, tenantId, now } = this;
    for (const meter of meterNames) {
      const { pending } = await session.getHistory(period, meter);
      if (pending && !(await settlePending(deps, session, { tenantId, period, meter, now }, pending)))
        this.results.push("unsettled");
    }
  }

  async report({ period }: DuePeriod, phase: "running" | "closing"): Promise<MeterResult[]> {
    if (period.isTrial) return [];
    const { deps, session, tenantId, now } = this;
    const totals = await session.getTotals(period);
    const results: MeterResult[] = [];
    for (const meter of meterNames) {
      const job = { tenantId, period, meter, phase, value: totals[meter], now };
      results.push(await pushMeter(deps, session, job));
    }
    this.results.push(...results);
    return results;
  }

  async close(due: DuePeriod, all: readonly DuePeriod[]): Promise<void> {
    const { session, now } = this;
    const { period, subscription } = due;
    if (period.billed !== null) {
      await this.settle(period);
      return this.carry(period, period.billed, all);
    }
    if (period.isTrial) return this.end(period, null, await session.getTotals(period));
    const invoices = await this.listInvoices(period);
    const parts = invoices === null ? [] : partsOf(period, invoices);
    // The plan changed and changed back while nobody looked: each part is closed by itself, from the next round on.
    if (parts.length > 1) return putParts(session, period, period, parts);
    const invoice = invoices === null ? null : invoiceOf(period, invoices);
    if (invoice?.isFinal) {
      await this.end(period, invoice.invoiceId, invoice.quantities);
      await this.settle(period);
      return this.carry(period, invoice.quantities, all);
    }
    const results = await this.report(due, "closing");
    if (results.every((result) => result === "unchanged")) await this.confirm(period);
    const overdueMs = now.getTime() - period.end.getTime();
    if (invoices === null || invoice !== null || overdueMs < INVOICE_MISSING_MS) return;
    const totals = await session.getTotals(period);
    const amountCents =
      subscription.plan === null ? 0 : costOf(planOf(subscription.plan), totals).meteredCents;
    // No invoice for nothing to pay is nothing to worry about.
    if (amountCents > 0)
      await session.raiseIncident(
        "usage_invoice_missing",
        `${period.subscriptionId}:${period.start.toISOString()}`,
        { ...totals, amountCents, periodStart: period.start.toISOString() },
      );
    if (!isLive(subscription) || overdueMs > GIVE_UP_MS) await this.end(period, null, noTotals());
  }

  /** @returns null: Stripe cannot be asked, which must not keep the closing report from being sent */
  private async listInvoices(period: MeterPeriod): Promise<UsageInvoice[] | null> {
    try {
      return await this.deps.gateway.listUsageInvoices(period.subscriptionId);
    } catch (error) {
      this.deps.log.warn({ err: error, tenantId: this.tenantId }, "invoices not read, asking again later");
      return null;
    }
  }

  /** Asks whether Stripe counts what it accepted, and reports again what it does not. */
  private async confirm(period: MeterPeriod): Promise<void> {
    const { deps, session, tenantId, now } = this;
    for (const meter of meterNames) {
      const { counted } = await session.getHistory(period, meter);
      if (counted === null || counted.settledAt === null) continue;
      if (!isComparable(period, counted.eventTime)) continue;
      if (Math.abs(now.getTime() - counted.settledAt.getTime()) < COUNTED_AFTER_MS) continue;
      const total = await deps.gateway.getMeterTotal(period.stripeCustomerId, meter, period);
      if (total === counted.value) continue;
      deps.log.warn(
        { tenantId, meter, identifier: counted.identifier, sent: counted.value, counted: total },
        "a report that Stripe accepted is not counted, reporting it again",
      );
      const value = (await session.getTotals(period))[meter];
      const job = { tenantId, period, meter, phase: "closing", value, now, again: true } as const;
      this.results.push(await pushMeter(deps, session, job));
    }
  }

  private async end(period: MeterPeriod, invoiceId: string | null, billed: MeterTotals): Promise<void> {
    await this.session.closePeriod(period, invoiceId, billed, this.now);
    this.closed++;
  }

  /**
   * What the final invoice did not charge for, or charged too much for, goes to the period that runs now, so that each
   * invoice stays equal to its period and nothing is lost or charged twice. Without a running subscription it goes to
   * the free plan's time after the end.
   */
  private async carry(period: MeterPeriod, billed: MeterTotals, all: readonly DuePeriod[]): Promise<void> {
    if (period.isTrial) return;
    const totals = await this.session.getTotals(period);
    const late = Object.fromEntries(
      meterNames
        .map((meter) => [meter, totals[meter] - billed[meter]] as const)
        .filter(([, quantity]) => quantity !== 0),
    );
    if (Object.keys(late).length === 0) return;
    const running = all.findLast((each) => !each.isOver && !each.period.isTrial);
    const to = running?.period.start ?? period.end;
    const reason = `usage of the period from ${period.start.toISOString()} that its invoice does not have`;
    await this.session.carry(period, to, late, reason);
    this.carried++;
    this.deps.log.info(
      { tenantId: this.tenantId, ...late, from: period.start, to },
      "late usage carried over",
    );
  }
}
