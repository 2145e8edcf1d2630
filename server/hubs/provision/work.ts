import { sql } from "kysely";
import type { Db } from "../../../db/client.ts";
import type { TenantVault } from "../../vault/index.ts";
import type { HubSettings } from "../deps.ts";
import { type HubRow, notifyHub, recordHubEvent } from "../internal.ts";
import type { ManagedCloudflare } from "../managed-cloudflare.ts";
import { wakeHub } from "../task-kinds.ts";
import { type Failure, failureOf, pauseMsOf } from "./failure.ts";
import { withHubLock } from "./lock.ts";
import { nextStep, nextTime, type StepName, shownName } from "./next-step.ts";
import { lockStanding, readStanding } from "./standing.ts";
import { steps } from "./steps.ts";

/** What work on hubs needs. */
export interface HubWork {
  /** The pool. */
  readonly db: Db;
  readonly cloudflare: ManagedCloudflare;
  readonly vault: TenantVault;
  readonly settings: HubSettings;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** Two that come for one hub at once: the second looks again so long after. */
const LOOK_AGAIN_MS = 1_000;
/** What is due later than this is found by the timetable. */
const SOON_MS = 90_000;

/**
 * Does what is to be done about one hub, step by step, until nothing is left or a step fails; that one is tried again after a pause.
 * Can be called at any time, by anybody.
 *
 * @returns the steps that were done; null: somebody else is at it
 */
export async function workOnHub(work: HubWork, hubPk: string): Promise<StepName[] | null> {
  const done = await withHubLock(work.db, hubPk, (db) => workLocked({ ...work, db }, hubPk));
  // It may have looked for work just before there was some.
  if (done === null) await wakeHub(work.db, hubPk, new Date(Date.now() + LOOK_AGAIN_MS));
  return done;
}

async function workLocked(work: HubWork, hubPk: string): Promise<StepName[]> {
  const { db } = work;
  const done: StepName[] = [];
  for (;;) {
    const standing = await readStanding(db, hubPk);
    if (!standing) return done;
    const { hub } = standing;
    const step = nextStep(standing);
    if (step === null) {
      if (await settle(work, hubPk)) return done;
      continue;
    }
    await noteBegin(db, hub, step);
    try {
      await steps[step]({ ...standing, ...work });
    } catch (error) {
      await noteFailure(work, { hub, step }, error);
      return done;
    }
    await noteDone(db, hub, step);
    done.push(step);
  }
}

/** Shows people where it is. */
async function noteBegin(db: Db, hub: HubRow, step: StepName): Promise<void> {
  if (hub.state !== "provisioning" && hub.state !== "disabling") return;
  const shown = shownName(step);
  if (hub.step === shown) return;
  await db
    .updateTable("hubs")
    .set({ step: shown })
    .where("id", "=", hub.id)
    .where("state", "=", hub.state)
    .execute();
  await notifyHub(db, hub);
}

async function noteDone(db: Db, hub: HubRow, step: StepName): Promise<void> {
  await recordHubEvent(db, hub, { kind: "step", name: shownName(step), outcome: "done" });
  if (hub.failure !== null || hub.failures > 0) {
    await db
      .updateTable("hubs")
      .set({ failure: null, failure_code: null, failures: 0 })
      .where("id", "=", hub.id)
      .execute();
  }
}

async function noteFailure(
  work: HubWork,
  { hub, step }: { hub: HubRow; step: StepName },
  error: unknown,
): Promise<void> {
  const { db, settings, log } = work;
  const failure: Failure = failureOf(error);
  const pauseMs = pauseMsOf(failure, hub.failures, settings);
  const nextTryAt = new Date(Date.now() + pauseMs);
  const fields = { hubPk: hub.id, tenantId: hub.tenant_id, step, code: failure.code, pauseMs };
  log.warn({ ...fields, failures: hub.failures + 1, err: error }, "work on a hub is held up");
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("hubs")
      .set({
        failure: failure.message,
        failure_code: failure.code,
        failures: hub.failures + 1,
        next_try_at: nextTryAt,
      })
      .where("id", "=", hub.id)
      .execute();
    // The same again is no news.
    if (hub.failure !== failure.message) {
      await recordHubEvent(tx, hub, {
        kind: "step",
        name: shownName(step),
        outcome: "failed",
        message: failure.message,
      });
    }
    if (pauseMs < SOON_MS) await wakeHub(tx, hub.id, nextTryAt);
    await notifyHub(tx, hub);
  });
}

/** Nothing is left to do: says so, and when there will be. @returns false: there is again */
function settle({ db, log }: HubWork, hubPk: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const standing = await lockStanding(tx, hubPk);
    if (!standing) return true;
    if (nextStep(standing) !== null) return false;
    const { hub, now } = standing;
    const next = nextTime(standing);
    const isUp = hub.state === "provisioning";
    await tx
      .updateTable("hubs")
      .set({
        ...(isUp && { state: "on" as const }),
        step: null,
        failure: null,
        failure_code: null,
        failures: 0,
        next_try_at: next,
      })
      .where("id", "=", hubPk)
      .execute();
    if (isUp) {
      await recordHubEvent(tx, hub, { kind: "note", name: "on", outcome: "done" });
      log.info({ hubPk, tenantId: hub.tenant_id }, "hub is on");
    }
    if (next && next.getTime() - now.getTime() < SOON_MS) await wakeHub(tx, hubPk, next);
    await notifyHub(tx, hub);
    return true;
  });
}

/** Wakes all hubs whose time has come. @returns how many */
export async function wakeDueHubs(db: Db): Promise<number> {
  const due = await db
    .selectFrom("hubs")
    .select("id")
    .where("next_try_at", "<=", sql<Date>`now()`)
    .orderBy("next_try_at")
    .limit(DUE_AT_ONCE)
    .execute();
  for (const { id } of due) await wakeHub(db, id);
  return due.length;
}

/** A round; the rest is due in the next one, a minute later. */
const DUE_AT_ONCE = 500;
