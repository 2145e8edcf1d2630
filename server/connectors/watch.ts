import { makeBell } from "../bell.ts";
import type { ChangeHub } from "../change-hub.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import type { ChangeEvent } from "../events.ts";
import { getServedEndpoint } from "./internal.ts";
import { listConnectors } from "./list.ts";
import type { ConnectorsSnapshot } from "./schemas.ts";

/** A relay that died tells nobody: its connectors fall out of the online window, seen at the next look. */
const LOOK_AGAIN_MS = 10_000;

/**
 * Yields the state of an endpoint's connectors now and whenever it changed, until `signal` aborts. Changes that come
 * faster than they can be read are taken together.
 *
 * @throws DomainError not_found/endpoint_not_found: at the start, or when the endpoint is released meanwhile
 */
export async function* watchConnectors(args: {
  ctx: RequestContext;
  input: { slug: string };
  changes: ChangeHub;
  signal: AbortSignal;
}): AsyncGenerator<ConnectorsSnapshot, void, undefined> {
  const { ctx, input, changes, signal } = args;
  requirePermission(ctx, "connectors:read");
  const { id: endpointId } = await getServedEndpoint(ctx.db, ctx.tenantId, input.slug, "slug");
  const bell = makeBell();
  const unsubscribe = changes.subscribe((event) => {
    if (concerns(event, ctx.tenantId, endpointId)) bell.ring();
  });
  const timer = setInterval(bell.ring, LOOK_AGAIN_MS);
  signal.addEventListener("abort", bell.ring);
  try {
    let shown = "";
    while (!signal.aborted) {
      const snapshot = await readSnapshot(ctx, input.slug);
      const text = JSON.stringify(snapshot);
      if (text !== shown) {
        shown = text;
        yield snapshot;
      }
      await bell.rung();
    }
  } finally {
    clearInterval(timer);
    unsubscribe();
    signal.removeEventListener("abort", bell.ring);
  }
}

async function readSnapshot(ctx: RequestContext, slug: string): Promise<ConnectorsSnapshot> {
  const endpoint = await getServedEndpoint(ctx.db, ctx.tenantId, slug, "slug");
  const connectors = await listConnectors(ctx.db, { tenantId: ctx.tenantId, endpointId: endpoint.id });
  const suspended = endpoint.suspended_at !== null || endpoint.status === "suspended";
  return {
    slug: endpoint.slug,
    status: suspended ? "suspended" : endpoint.billing_state === "unpaid" ? "unpaid" : "active",
    online: endpoint.upstream_base_url !== null || connectors.some(({ status }) => status === "online"),
    connectors,
  };
}

function concerns(event: ChangeEvent, tenantId: string, endpointId: string): boolean {
  if (event.type === "resync") return true;
  if (event.type === "endpoint" || event.type === "connector") return event.endpointId === endpointId;
  return event.type === "tenant" && event.tenantId === tenantId;
}
