import { type Bell, makeBell } from "../bell.ts";
import type { ChangeHub } from "../change-hub.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getHubOfTenant } from "./internal.ts";
import type { HubDetail, HubInput } from "./schemas.ts";
import { readDetail } from "./summary.ts";

/**
 * Yields a hub now and whenever something of it changed, until `signal` aborts. Changes that come faster than they can be read are
 * taken together.
 *
 * @throws DomainError not_found/hub_not_found: at the start, or when the hub is removed meanwhile
 */
export async function* watchHub(args: {
  ctx: RequestContext;
  input: HubInput;
  changes: ChangeHub;
  signal: AbortSignal;
}): AsyncGenerator<HubDetail, void, undefined> {
  const { ctx, input, changes, signal } = args;
  requirePermission(ctx, "hubs:read");
  const bell = makeBell();
  const unsubscribe = ringOnChange(changes, { tenantId: ctx.tenantId, hubId: input.hubId }, bell);
  signal.addEventListener("abort", bell.ring);
  try {
    let shown = "";
    while (!signal.aborted) {
      const hub = await getHubOfTenant(ctx.db, ctx.tenantId, input.hubId);
      const detail = await readDetail(ctx.db, hub);
      const text = JSON.stringify(detail);
      if (text !== shown) {
        shown = text;
        yield detail;
      }
      await bell.rung();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", bell.ring);
  }
}

/** @returns ends it */
export function ringOnChange(
  changes: ChangeHub,
  hub: { tenantId: string; hubId: string },
  bell: Bell,
): () => void {
  return changes.subscribe((event) => {
    if (event.type === "resync") return bell.ring();
    if (event.type !== "hub" && event.type !== "tenant") return;
    if (event.tenantId !== hub.tenantId) return;
    if (event.type === "tenant" || event.hubId === hub.hubId) bell.ring();
  });
}
