import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { notifyChange } from "../events.ts";
import { getEndpointOfTenant, toSummary } from "./internal.ts";
import { type EndpointSummary, UpdateEndpointInput } from "./schemas.ts";
import { checkUpstreamBaseUrl } from "./upstream-url.ts";

/**
 * Changes settings of an endpoint; what is left out stays. `upstreamBaseUrl: null` goes back to connectors.
 * @throws DomainError not_found/endpoint_not_found, invalid/upstream_not_allowed
 */
export async function updateEndpoint(args: {
  ctx: RequestContext;
  input: UpdateEndpointInput;
  config: ApiConfig;
}): Promise<EndpointSummary> {
  const { ctx, config } = args;
  requirePermission(ctx, "endpoints:write");
  const input = UpdateEndpointInput.parse(args.input);
  const changes = {
    ...(input.requireAccessKey === undefined ? {} : { require_access_key: input.requireAccessKey }),
    ...(input.usageMode === undefined ? {} : { usage_mode: input.usageMode }),
    ...(input.upstreamBaseUrl === undefined
      ? {}
      : {
          upstream_base_url:
            input.upstreamBaseUrl === null ? null : checkUpstreamBaseUrl(input.upstreamBaseUrl, config),
        }),
  };
  return inTransaction(ctx.db, async (tx) => {
    const endpoint = await getEndpointOfTenant(tx, ctx.tenantId, input.slug);
    if (Object.keys(changes).length > 0) {
      await tx
        .updateTable("endpoints")
        .set(changes)
        .where("id", "=", endpoint.id)
        .where("tenant_id", "=", ctx.tenantId)
        .execute();
      await recordAudit(tx, ctx, { action: "endpoint.update", subject: endpoint.id, detail: changes });
      await notifyChange(tx, {
        type: "endpoint",
        endpointId: endpoint.id,
        slug: endpoint.slug,
        tenantId: ctx.tenantId,
      });
    }
    return toSummary(await getEndpointOfTenant(tx, ctx.tenantId, endpoint.slug), config);
  });
}
