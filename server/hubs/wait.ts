import { makeBell } from "../bell.ts";
import type { ChangeHub } from "../change-hub.ts";
import { DomainError } from "../errors.ts";
import type { HubCaller } from "./authenticate.ts";
import type { HubDeps } from "./deps.ts";
import { getHubOfTenant, type HubRow } from "./internal.ts";
import { stepTitle } from "./progress.ts";
import { isPermanent } from "./provision/failure.ts";
import { ringOnChange } from "./watch.ts";

/** A notice can be lost with its connection. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Waits until the job has done what was wished for.
 *
 * @param look says what there is to give; null: not yet
 * @throws DomainError conflict or unavailable: what holds it up does not pass by itself; unavailable/hub_provisioning with `step`
 *   and `retryAfterSeconds`: it takes longer than callers wait
 */
export async function waitForHub<T>(
  args: { caller: HubCaller; deps: HubDeps; changes: ChangeHub },
  look: (hub: HubRow) => Promise<T | null>,
): Promise<T> {
  const { caller, deps, changes } = args;
  const deadline = Date.now() + deps.settings.patienceMs;
  const bell = makeBell();
  const unsubscribe = ringOnChange(changes, { tenantId: caller.tenantId, hubId: caller.hubId }, bell);
  const timer = setInterval(bell.ring, LOOK_AGAIN_MS);
  try {
    for (;;) {
      const hub = await getHubOfTenant(caller.db, caller.tenantId, caller.hubId);
      const found = await look(hub);
      if (found !== null) return found;
      if (hub.failure !== null && isPermanent(hub.failure_code)) {
        const kind = hub.failure_code === "hostname_foreign" ? "conflict" : "unavailable";
        throw new DomainError(kind, hub.failure_code!, hub.failure, { retryAfterSeconds: 60 });
      }
      if (Date.now() >= deadline) throw notYet(hub);
      await Promise.race([bell.rung(), pause(deadline - Date.now())]);
    }
  } finally {
    clearInterval(timer);
    unsubscribe();
  }
}

function notYet({ step, failure }: HubRow): DomainError {
  const at = step === null ? "" : ` at the step "${stepTitle(step)}"`;
  const why = failure === null ? "" : `: ${failure}`;
  return new DomainError(
    "unavailable",
    "hub_provisioning",
    `this takes longer than usual; it is${at}${why}. It goes on by itself: ask again`,
    { retryAfterSeconds: 5, step },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms).unref());
}
