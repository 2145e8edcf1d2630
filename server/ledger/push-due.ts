import { meterNames } from "../pricing/index.ts";
import type { LedgerDeps } from "./deps.ts";
import { isComparable } from "./gateway.ts";
import { pushTenant, type TenantReport } from "./push-tenant.ts";
import type { LedgerSession } from "./store.ts";

/** So many tenants in a row without success end a round: Stripe or Postgres is away, and the next round comes soon. */
const GIVE_UP_AFTER = 5;

export interface PushReport {
  tenants: number;
  /** Somebody else was at them. */
  busy: number;
  /** Reports that Stripe took. */
  sent: number;
  rejected: number;
  /** Reports of unknown outcome; repeated next time. */
  unsettled: number;
  closed: number;
  carried: number;
  /** Tenants that could not be worked on. */
  failed: number;
}

/**
 * Reports the usage of every tenant with a subscription to Stripe: totals since the start of the running period, and of
 * periods that ended and whose invoice is not final. Can be called at any time, by several relays at once, and be cut off
 * anywhere; what is unclear afterwards is cleared up by the next call.
 *
 * @param scope `near_end`: only tenants of which a period ends within 15 minutes or ended in the last two hours
 * @throws when Postgres cannot be asked what is due
 */
export async function pushDueMeters(
  deps: LedgerDeps,
  scope: "all" | "near_end" = "all",
): Promise<PushReport> {
  const report: PushReport = {
    tenants: 0,
    busy: 0,
    sent: 0,
    rejected: 0,
    unsettled: 0,
    closed: 0,
    carried: 0,
    failed: 0,
  };
  // In another order each time: one tenant that fails for ever must not keep those behind it from their turn.
  const waiting = shuffle(await deps.store.listDue(scope), deps.random);
  let inVain = 0;
  const worker = async () => {
    while (inVain < GIVE_UP_AFTER && deps.hasTime(0)) {
      const tenantId = waiting.pop();
      if (tenantId === undefined) return;
      inVain = (await pushOne(deps, tenantId, report)) ? 0 : inVain + 1;
    }
  };
  await Promise.all(Array.from({ length: deps.workers }, worker));
  return report;
}

async function pushOne(deps: LedgerDeps, tenantId: string, report: PushReport): Promise<boolean> {
  try {
    const done = await deps.store.withTenant(tenantId, 0, (session) => pushTenant(deps, session, tenantId));
    report.tenants++;
    if (done === null) report.busy++;
    else add(report, done.result);
    return !done?.result.results.includes("unsettled");
  } catch (error) {
    report.failed++;
    deps.log.warn({ err: error, tenantId }, "usage not reported, trying again");
    return false;
  }
}

/** How long a final push waits for a relay that is at the same tenant, and for Stripe to count, ms. */
const FINAL_WAIT_MS = 20_000;
const FINAL_POLL_MS = 1_000;

/**
 * Reports everything that a tenant used until now. To be called right before a subscription is cancelled at once, or its
 * period is cut short in another way, together with `invoice_now`: what Stripe does not have by then is not on the last invoice.
 *
 * @returns `counted`: Stripe counts it all; `sent`: it has it, and is slow to count; `unsettled`: it may not have it all, try again
 * @throws when Stripe or Postgres cannot be asked, or a relay does not let go of the tenant
 */
export async function pushFinal(
  deps: LedgerDeps,
  tenantId: string,
): Promise<"counted" | "sent" | "unsettled"> {
  const done = await deps.store.withTenant(tenantId, FINAL_WAIT_MS, async (session) => {
    const { results } = await pushTenant(deps, session, tenantId);
    if (results.some((result) => result !== "sent" && result !== "unchanged")) return "unsettled";
    for (let waited = 0; waited <= FINAL_WAIT_MS; waited += FINAL_POLL_MS) {
      if (await isCounted(deps, session)) return "counted";
      await deps.delay(FINAL_POLL_MS);
    }
    return "sent";
  });
  if (done === null)
    throw new Error(`the usage of ${tenantId} is being reported by somebody else for too long`);
  return done.result;
}

async function isCounted(deps: LedgerDeps, session: LedgerSession): Promise<boolean> {
  for (const period of await session.listPeriods(await session.now())) {
    if (period.billed !== null || period.isTrial) continue;
    for (const meter of meterNames) {
      const { counted } = await session.getHistory(period, meter);
      if (counted === null || !isComparable(period, counted.eventTime)) continue;
      if ((await deps.gateway.getMeterTotal(period.stripeCustomerId, meter, period)) !== counted.value)
        return false;
    }
  }
  return true;
}

function add(report: PushReport, { results, closed, carried }: TenantReport): void {
  for (const result of results) {
    if (result === "sent" || result === "rejected" || result === "unsettled") report[result]++;
  }
  report.closed += closed;
  report.carried += carried;
}

function shuffle(items: string[], random: () => number): string[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
