import type { MeterName } from "../../../db/schema/index.ts";
import { isDatabaseAway } from "../../database-away.ts";
import { planOf } from "../../plans.ts";
import { chargeOf, eachMeter, type MeterTotals, meterNames } from "../../pricing/index.ts";
import type { LedgerDeps } from "../deps.ts";
import { pushDueMeters, pushFinal } from "../push-due.ts";
import type { MeterPeriod } from "../store.ts";
import { Agenda } from "./agenda.ts";
import { type Faults, HostileStripe, noFaults } from "./hostile-stripe.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { Random } from "./random.ts";
import {
  type DayUse,
  type HourUsage,
  type RecordedAdjustment,
  type RecordedPush,
  type TrialLedger,
  withSteps,
} from "./trial-ledger.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Month ends, leap days, years' ends, and days on which clocks are put forward or back somewhere. */
const STARTS = [
  "2026-11-05",
  "2026-12-31",
  "2027-01-31",
  "2027-02-28",
  "2027-03-28",
  "2027-10-31",
  "2028-01-30",
  "2028-01-31",
  "2028-02-29",
  "2028-03-12",
];

export interface TrialResult {
  readonly seed: number;
  /** Each difference in words; empty: every invoice equals the ledger. */
  readonly problems: readonly string[];
  readonly invoices: number;
  readonly crashes: number;
  /** Quantities that were carried to another period. */
  readonly carried: number;
}

class Crash extends Error {}

/**
 * `hostile`: usage comes late, answers get lost, processes die between any two steps, clocks jump, subscriptions end at any
 * moment. `prompt`: calls fail as often, but usage is there in time and Stripe counts what it took within minutes: then
 * nothing may be carried over, and the invoice is the usage itself. `calm`: nothing goes wrong.
 */
export type TrialMode = "hostile" | "prompt" | "calm";

/**
 * One subscription's life of a few months against a model of Stripe, with the real code in between.
 * @param seed the same seed is the same life
 * @param open makes the ledger of its tenant, in memory unless said otherwise
 */
export async function runTrial(
  seed: number,
  mode: TrialMode = "hostile",
  open: (clock: () => Date) => Promise<TrialLedger> = async (clock) => new MemoryLedger(clock),
): Promise<TrialResult> {
  const random = new Random(seed);
  const start = Date.parse(`${random.pick(STARTS)}T00:00:00Z`) + random.int(0, 23) * HOUR;
  // Most boundaries are full hours; some are not.
  const agenda = new Agenda(start + (random.chance(0.2) ? random.int(1, 3_599) * SECOND : 0));
  const skew = { ms: 0 };
  const ledger = await open(() => new Date(agenda.time + skew.ms));
  return new Trial(seed, mode, random, agenda, skew, ledger).run();
}

class Trial {
  private readonly seed: number;
  private readonly mode: TrialMode;
  private readonly random: Random;
  private readonly agenda: Agenda;
  private readonly stripe: HostileStripe;
  private readonly ledger: TrialLedger;
  private readonly deps: LedgerDeps;
  private readonly problems: string[] = [];
  /** What was truly used, by the hour; the ledger learns it late. */
  private readonly used = new Map<number, HourUsage>();
  /** The same of days of its bucket. */
  private readonly stored = new Map<number, DayUse>();
  private readonly skew: { ms: number };
  /** What the agenda set off and is not written yet. */
  private writes: Promise<void>[] = [];
  private crashChance = 0;
  private crashes = 0;
  private locksLost = 0;
  private isParallel = false;

  constructor(
    seed: number,
    mode: TrialMode,
    random: Random,
    agenda: Agenda,
    skew: { ms: number },
    ledger: TrialLedger,
  ) {
    this.seed = seed;
    this.mode = mode;
    this.random = random;
    this.agenda = agenda;
    this.skew = skew;
    this.ledger = ledger;
    const trialDays = random.chance(0.25) ? 14 : 0;
    const plan = random.pick(["pro", "team"] as const);
    this.stripe = new HostileStripe(agenda, random, ledger.tenantId, plan, trialDays);
    // A period that is cut within an hour leaves the rest of that hour to the next one.
    if (!this.isHostile) this.stripe.isFlexible = false;
    this.stripe.onChange = () => this.copySubscription();
    this.stripe.onCall = () => this.call();
    this.deps = {
      store: withSteps(ledger.store, () => this.step()),
      gateway: this.stripe,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      delay: (ms) => this.advanceTo(agenda.time + ms),
      random: random.next,
      workers: 1,
      hasTime: () => true,
    };
  }

  private async advanceTo(time: number): Promise<void> {
    this.agenda.advanceTo(time);
    const writes = this.writes;
    this.writes = [];
    await Promise.all(writes);
  }

  private get isHostile(): boolean {
    return this.mode === "hostile";
  }

  async run(): Promise<TrialResult> {
    if (this.mode !== "calm") this.stripe.faults = this.pickFaults();
    if (this.mode !== "calm") this.crashChance = this.random.pick([0, 0.001, 0.005]);
    await this.ledger.putSubscription(this.stripe.view());
    const months = this.random.int(1, 2);
    for (let month = 1; month <= months; month++) await this.live(month === months);
    await this.calmDown();
    const { adjustments } = await this.check();
    return {
      seed: this.seed,
      problems: this.problems,
      invoices: this.stripe.invoices.filter((invoice) => !invoice.isTrial).length,
      crashes: this.crashes,
      carried: adjustments.filter(({ by }) => by === "ledger").length / 2,
    };
  }

  private pickFaults(): Faults {
    const some = (max: number) => (this.random.chance(0.5) ? this.random.next() * max : 0);
    return {
      lostRequest: some(0.2),
      lostAnswer: some(0.3),
      stuck: some(0.2),
      twice: some(0.2),
      rateLimited: some(0.4),
      serverError: some(0.3),
      dropped: this.isHostile ? some(0.05) : 0,
      slow: this.isHostile ? some(0.2) : 0,
      readFails: some(0.2),
    };
  }

  /** One billing period from now to some days into the next. */
  private async live(isLast: boolean): Promise<void> {
    const { random, stripe, agenda } = this;
    const from = agenda.time;
    const end = stripe.periodEnd;
    const acts: { at: number; act: () => void | Promise<void> }[] = [];
    const at = (time: number, act: () => void | Promise<void>) => acts.push({ at: time, act });
    const within = () => from + Math.floor(random.next() * (end - from));

    for (let i = random.int(5, 25); i > 0; i--) {
      const time = random.chance(0.3) ? end - random.int(0, 7_200) * SECOND : within();
      at(time, () => this.use());
    }
    for (let i = random.int(0, 12); i > 0; i--) at(within(), () => this.store());
    for (let i = 0; i < 6; i++) at(within(), () => this.round());
    const stepMs = random.int(4, 12) * MINUTE;
    for (let time = end - 20 * MINUTE; time < end + 80 * MINUTE; time += stepMs)
      at(time + random.int(0, 59) * SECOND, () => this.round());
    for (const later of [3 * HOUR, 26 * HOUR, 3.2 * DAY]) at(end + later, () => this.round());

    const other = () => random.pick(["pro", "team"] as const);
    for (let i = 0; i < 2; i++) if (random.chance(0.2)) at(within(), () => this.changePlan(other()));
    if (this.isHostile && random.chance(0.15)) at(within(), () => this.restartPeriod(other()));
    if (random.chance(0.25)) at(within(), () => this.adjust());
    if (this.isHostile && isLast && random.chance(0.2)) at(within(), () => this.cancelNow());
    if (isLast && random.chance(0.2)) stripe.cancelsAtPeriodEnd = true;
    if (this.isHostile && random.chance(0.3)) {
      const jump = random.chance(0.5) ? within() : end - random.int(0, 1_800) * SECOND;
      const skewMs = random.pick([40 * DAY, -HOUR, 2 * HOUR, 200 * SECOND, -3 * DAY]);
      at(jump, () => this.jump(skewMs));
      at(jump + random.int(1, 100) * MINUTE, () => this.jump(0));
    }
    acts.sort((a, b) => a.at - b.at);
    for (const { at: time, act } of acts) {
      await this.advanceTo(time);
      await act();
    }
  }

  /** Faults end, and rounds go on until everything that ended is closed. */
  private async calmDown(): Promise<void> {
    this.stripe.faults = noFaults;
    this.crashChance = 0;
    this.jump(0);
    for (let i = 0; i < 10 || (i < 40 && (await this.isClosing())); i++) {
      await this.advanceTo(this.agenda.time + (i < 5 ? 70 * MINUTE : 8 * HOUR));
      await this.round();
    }
  }

  private async isClosing(): Promise<boolean> {
    const { periods } = await this.ledger.read();
    return periods.some((period) => period.billed === null && this.isOver(period));
  }

  private isOver({ end }: { readonly end: Date }): boolean {
    return this.stripe.endedAt !== null || end.getTime() <= this.stripe.meteredFrom;
  }

  private jump(skewMs: number): void {
    this.skew.ms = skewMs;
  }

  private use(): void {
    const { random, agenda, ledger } = this;
    const hour = Math.floor(agenda.time / HOUR) * HOUR;
    const usage = {
      requests: random.int(1, 400_000),
      bytes: random.int(0, 90_000_000_000),
      tokens: random.int(0, 30_000_000),
    };
    add(this.used, hour, usage);
    const kind = random.next();
    // Hostile: relays are cut off for hours and days.
    const delay =
      !this.isHostile || kind < 0.8
        ? random.int(1, 60) * SECOND
        : random.int(1, kind < 0.93 ? 7_200 : 259_200) * SECOND;
    agenda.at(agenda.time + delay, () => void this.writes.push(ledger.addUsage(new Date(hour), usage)));
  }

  /** The bucket grows, shrinks and is asked; a day counts where it starts. */
  private store(): void {
    const { random, agenda, ledger, stripe } = this;
    const day = Math.floor(agenda.time / DAY) * DAY;
    // What a day that is cut by a period's end holds afterwards comes late.
    if (!this.isHostile && day < stripe.periodStart) return;
    const use = {
      peakBytes: random.int(0, 40_000_000_000),
      writes: random.int(0, 400_000),
      reads: random.int(0, 4_000_000),
    };
    const known = this.stored.get(day) ?? { peakBytes: 0, writes: 0, reads: 0 };
    this.stored.set(day, {
      peakBytes: Math.max(known.peakBytes, use.peakBytes),
      writes: known.writes + use.writes,
      reads: known.reads + use.reads,
    });
    // Hostile: Cloudflare's sums come hours and days late.
    const delay = random.int(1, this.isHostile && random.chance(0.2) ? 259_200 : 60) * SECOND;
    agenda.at(agenda.time + delay, () => void this.writes.push(ledger.addStorage(new Date(day), use)));
  }

  private async round(): Promise<void> {
    this.isParallel = this.mode !== "calm" && this.random.chance(0.25);
    if (this.isParallel) await Promise.all([this.pushDue(), this.pushDue()]);
    else await this.pushDue();
    this.isParallel = false;
  }

  /** As a relay does it: another round follows. One whose connection was cut before can meet the dead one in its pool. */
  private async pushDue(): Promise<void> {
    try {
      await pushDueMeters(this.deps);
    } catch (error) {
      if (this.locksLost === 0 || !isDatabaseAway(error)) throw error;
      await pushDueMeters(this.deps);
    }
  }

  private async adjust(): Promise<void> {
    const { periods } = await this.ledger.read();
    const running = periods.findLast((period) => period.billed === null);
    if (!running) return;
    const meter = this.random.pick(meterNames);
    // A correction larger than the usage leaves less than nothing, which is carried over.
    const quantity = this.random.int(this.isHostile ? -500_000 : 0, 500_000);
    await this.ledger.addAdjustment(meter, running.start, quantity);
  }

  private async cancelNow(): Promise<void> {
    if (this.stripe.endedAt !== null) return;
    await this.pushAll();
    this.stripe.cancelNow();
  }

  private async changePlan(plan: "pro" | "team"): Promise<void> {
    if (this.random.chance(0.7)) await this.pushAll();
    this.stripe.changePlan(plan);
  }

  private async restartPeriod(plan: "pro" | "team"): Promise<void> {
    await this.pushAll();
    this.stripe.restartPeriod(plan);
  }

  /** As the portal does it: tries again, and goes on in the end. */
  private async pushAll(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      try {
        if ((await pushFinal(this.deps, this.ledger.tenantId)) !== "unsettled") return;
      } catch (error) {
        if (this.mode === "calm") throw error;
      }
    }
  }

  /** The portal hears of a change at once, or in hours. */
  private copySubscription(): void {
    const lag = this.random.chance(0.5) ? 0 : this.random.int(0, this.isHostile ? 86_400 : 60) * SECOND;
    this.agenda.at(this.agenda.time + lag, () => {
      this.writes.push(this.ledger.putSubscription(this.stripe.view()));
    });
  }

  private async step(): Promise<void> {
    await this.interleave();
    if (!this.random.chance(this.crashChance)) return;
    this.crashes++;
    throw new Crash("killed");
  }

  private async call(): Promise<void> {
    if (this.random.chance(this.crashChance)) {
      this.crashes++;
      // A process that dies is gone at once. One whose connection breaks loses the lock and goes on until its next write.
      if (this.random.chance(0.5)) throw new Crash("killed while Stripe was at it");
      this.locksLost++;
      await this.ledger.dropLock();
    }
    await this.interleave();
  }

  private async interleave(): Promise<void> {
    if (!this.isParallel) return;
    for (let i = this.random.int(0, 3); i > 0; i--) await Promise.resolve();
  }

  private async check() {
    const { ledger, stripe, problems } = this;
    const recorded = await ledger.read();
    for (const invoice of stripe.invoices) {
      if (invoice.isTrial) continue;
      const name = `${invoice.invoiceId} of ${new Date(invoice.start).toISOString()}`;
      if (invoice.final === null) {
        problems.push(`${name} is not final`);
        continue;
      }
      const totals = await ledger.getTotals(new Date(invoice.start), new Date(invoice.end));
      const usage = this.isHostile ? null : this.usage(recorded.adjustments, invoice.start, invoice.end);
      for (const meter of meterNames) {
        const billed = invoice.final.quantities[meter];
        if (billed !== totals[meter])
          problems.push(`${name}: ${billed} ${meter}, the ledger has ${totals[meter]}`);
        if (usage && billed !== usage[meter])
          problems.push(`${name}: ${billed} ${meter}, ${usage[meter]} were used`);
        const cents = chargeOf(planOf(invoice.plan), meter, totals[meter]).amountCents;
        if (cents !== invoice.final.amountsCents[meter])
          problems.push(
            `${name}: ${invoice.final.amountsCents[meter]} cents of ${meter}, the ledger has ${cents}`,
          );
      }
    }
    for (const period of recorded.periods) {
      if (this.isOver(period)) {
        if (period.billed === null)
          problems.push(`the period of ${period.start.toISOString()} was never closed`);
      } else if (!period.isTrial) await this.checkRunning(recorded.pushes, period.start);
    }
    this.checkNothingLost(recorded.adjustments);
    if (stripe.overlaps > 0 && this.locksLost === 0)
      problems.push("two events of one meter were sent at once");
    this.checkOrder(recorded.pushes, recorded.periods);
    if (recorded.pushes.some((push) => push.state === "pending")) problems.push("a report is still pending");
    return recorded;
  }

  /** Of two reports in a period the later one has the later time, so that it is the one that counts. */
  private checkOrder(pushes: readonly RecordedPush[], periods: readonly MeterPeriod[]): void {
    const last = new Map<string, number>();
    for (const { state, meter, periodStart, eventTime, identifier } of pushes) {
      const period = periods.find(({ start }) => start.getTime() === periodStart.getTime());
      // What lies behind the end of a period that was cut short is in the next one.
      if (state === "rejected" || !period || eventTime >= period.end) continue;
      const key = `${meter} ${periodStart.getTime()}`;
      if (eventTime.getTime() <= (last.get(key) ?? 0))
        this.problems.push(`the time of ${identifier} does not grow`);
      last.set(key, eventTime.getTime());
    }
  }

  /** Our record of the running period is up to date. */
  private async checkRunning(pushes: readonly RecordedPush[], start: Date): Promise<void> {
    const end = new Date(this.stripe.periodEnd);
    const totals = await this.ledger.getTotals(start, end);
    for (const meter of meterNames) {
      const [last] = pushes
        .filter((push) => push.meter === meter && push.state === "accepted")
        .filter(({ eventTime }) => eventTime >= start && eventTime < end)
        .sort((a, b) => b.eventTime.getTime() - a.eventTime.getTime());
      if ((last?.value ?? 0) !== Math.max(0, totals[meter]))
        this.problems.push(`running: ${last?.value ?? 0} ${meter} reported, the ledger has ${totals[meter]}`);
    }
  }

  /** Whatever was carried was taken from one period and added to another; nothing came or went. */
  private checkNothingLost(adjustments: readonly RecordedAdjustment[]): void {
    for (const meter of meterNames) {
      const carried = adjustments
        .filter((each) => each.meter === meter && each.by === "ledger")
        .reduce((sum, each) => sum + each.quantity, 0);
      if (carried !== 0) this.problems.push(`carrying over made ${carried} ${meter}`);
    }
    if (!this.isHostile && adjustments.some(({ by }) => by === "ledger"))
      this.problems.push("usage was carried over without need");
  }

  /** What an invoice has to say, from what was truly used. */
  private usage(adjustments: readonly RecordedAdjustment[], start: number, end: number): MeterTotals {
    const total = { requests: 0, bytes: 0, tokens: 0, storage: 0, writes: 0, reads: 0 };
    for (const [hour, usage] of this.used) {
      if (hour < start || hour >= end) continue;
      total.requests += usage.requests;
      total.bytes += usage.bytes;
      total.tokens += usage.tokens;
    }
    for (const [day, use] of this.stored) {
      if (day < start || day >= end) continue;
      total.storage += Math.ceil(use.peakBytes / 1_000_000);
      total.writes += use.writes;
      total.reads += use.reads;
    }
    const adjusted = (meter: MeterName) =>
      adjustments
        .filter((each) => each.by === "operator" && each.meter === meter)
        .filter(({ periodStart }) => periodStart.getTime() >= start && periodStart.getTime() < end)
        .reduce((sum, each) => sum + each.quantity, 0);
    const used: MeterTotals = {
      requests: total.requests,
      megabytes: Math.floor(total.bytes / 1_000_000),
      tokens: total.tokens,
      storage: total.storage,
      storage_writes: total.writes,
      storage_reads: total.reads,
    };
    return eachMeter((meter) => used[meter] + adjusted(meter));
  }
}

function add(hours: Map<number, HourUsage>, hour: number, usage: HourUsage): void {
  const known = hours.get(hour) ?? { requests: 0, bytes: 0, tokens: 0 };
  hours.set(hour, {
    requests: known.requests + usage.requests,
    bytes: known.bytes + usage.bytes,
    tokens: known.tokens + usage.tokens,
  });
}
