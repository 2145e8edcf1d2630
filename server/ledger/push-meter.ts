import type { MeterName } from "../../db/schema/index.ts";
import type { LedgerDeps } from "./deps.ts";
import { nextEventTime } from "./event-time.ts";
import type { LedgerSession, MeterHistory, MeterPeriod, MeterPush } from "./store.ts";

/** Stripe takes no event older than 35 days; a day before that a person has to look, ms. */
const TOO_OLD_MS = 34 * 86_400_000;
/** After Stripe refused a report, the next one of the same meter waits, ms: it would most likely be refused too. */
const HOLD_MS = { running: 3_600_000, closing: 600_000 } as const;
/** Since API 2026-04-22 a value with more digits than fifteen is refused. */
const MAX_VALUE = 999_999_999_999_999;
const TRIES = 4;
const PAUSE_MS = 500;

export interface MeterJob {
  readonly tenantId: string;
  readonly period: MeterPeriod;
  readonly meter: MeterName;
  readonly phase: "running" | "closing";
  /** Cumulative since the start of the period. */
  readonly value: number;
  readonly now: Date;
  /** Send even though nothing changed: Stripe was seen not to count the last one. */
  readonly again?: boolean;
}

/**
 * `unchanged`: Stripe has the value. `sent`: it has it now. `unsettled`: it may have it; the same event is repeated next time.
 * `rejected`, `held`: it refused, a moment or some time ago. `no_room`: no event can be given a time in the period any more.
 */
export type MeterResult = "unchanged" | "sent" | "unsettled" | "rejected" | "held" | "no_room";

/**
 * Reports the total of one meter, if it has changed. Each report is written down before Stripe is asked and settled after,
 * so that a crash at any point leaves a record of what may have happened. Reports of unknown outcome come first, with the
 * same identifier, time and value: within a day Stripe knows them again, and later a second copy of the same total at the
 * same second changes nothing.
 *
 * Call it with the tenant's lock held: Stripe takes one event at a time for a customer and meter.
 */
export async function pushMeter(
  deps: LedgerDeps,
  session: LedgerSession,
  job: MeterJob,
): Promise<MeterResult> {
  const { tenantId, period, meter, phase, now } = job;
  let history = await session.getHistory(period, meter);
  if (history.pending !== null) {
    if (!(await settlePending(deps, session, job, history.pending))) return "unsettled";
    history = await session.getHistory(period, meter);
  }
  const value = Math.max(0, job.value);
  if (!job.again && value === (history.counted?.value ?? 0)) return "unchanged";
  if (isHeld(history, phase, now)) return "held";
  const eventTime = nextEventTime(period, phase, now, history.counted?.eventTime ?? null);
  if (eventTime === null || now.getTime() - eventTime.getTime() > TOO_OLD_MS) return "no_room";
  const ordinal = (history.newest?.ordinal ?? 0) + 1;
  const identifier = identifierOf(tenantId, period, meter, ordinal);
  const push = await session.addPush(period, meter, { ordinal, value, eventTime, identifier });
  if (value > MAX_VALUE) {
    await refuse(session, job, push, "a value of more than 15 digits cannot be reported");
    return "rejected";
  }
  return send(deps, session, job, push);
}

/** Finds out what came of a report of unknown outcome. @returns false: still unknown */
export async function settlePending(
  deps: LedgerDeps,
  session: LedgerSession,
  job: Omit<MeterJob, "value" | "phase">,
  push: MeterPush,
): Promise<boolean> {
  if (job.now.getTime() - push.eventTime.getTime() <= TOO_OLD_MS)
    return (await send(deps, session, job, push)) !== "unsettled";
  const error = "its outcome is unknown and it is older than 34 days";
  await session.settlePush(push, "review", error, job.now);
  await raise(session, job, push, "meter_push_review", error);
  return true;
}

async function send(
  deps: LedgerDeps,
  session: LedgerSession,
  job: Omit<MeterJob, "value" | "phase">,
  push: MeterPush,
): Promise<"sent" | "unsettled" | "rejected"> {
  let tried = push;
  for (let attempt = 1; ; attempt++) {
    tried = await session.countAttempt(tried);
    const outcome = await deps.gateway.send({
      stripeCustomerId: job.period.stripeCustomerId,
      meter: job.meter,
      value: push.value,
      eventTime: push.eventTime,
      identifier: push.identifier,
      attempt: tried.attempts,
    });
    if (outcome.kind === "accepted") {
      await session.settlePush(tried, "accepted", null, job.now);
      return "sent";
    }
    if (outcome.kind === "rejected") {
      await refuse(session, job, tried, outcome.message);
      return "rejected";
    }
    // Twice as long each time, and never in step with another relay.
    const pause = PAUSE_MS * 2 ** (attempt - 1) * (0.5 + deps.random());
    const pauseMs = Math.max(pause, outcome.retryAfterMs ?? 0);
    if (!outcome.mayRetry || attempt === TRIES || !deps.hasTime(pauseMs)) {
      await session.notePushError(tried, outcome.message);
      return "unsettled";
    }
    await deps.delay(pauseMs);
  }
}

async function refuse(
  session: LedgerSession,
  job: Omit<MeterJob, "value" | "phase">,
  push: MeterPush,
  message: string,
): Promise<void> {
  await session.settlePush(push, "rejected", message, job.now);
  await raise(session, job, push, "meter_push_rejected", message);
}

/** Once per meter and period: the first refusal says it all. */
async function raise(
  session: LedgerSession,
  job: Omit<MeterJob, "value" | "phase">,
  push: MeterPush,
  kind: string,
  error: string,
): Promise<void> {
  const { period, meter } = job;
  await session.raiseIncident(kind, `${period.subscriptionId}:${meter}:${period.start.toISOString()}`, {
    identifier: push.identifier,
    value: push.value,
    meter,
    periodStart: period.start.toISOString(),
    error,
  });
}

function isHeld({ newest }: MeterHistory, phase: "running" | "closing", now: Date): boolean {
  if (newest?.state !== "rejected" || newest.settledAt === null) return false;
  // A clock that jumped back must not hold for ever.
  return Math.abs(now.getTime() - newest.settledAt.getTime()) < HOLD_MS[phase];
}

/** At most 100 characters, Stripe's limit: ids of tenants have 30. */
function identifierOf(tenantId: string, period: MeterPeriod, meter: MeterName, ordinal: number): string {
  return `hs:${tenantId}:${meter}:${period.start.getTime() / 1_000}:${ordinal}`;
}
