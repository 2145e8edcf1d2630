import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import { getServedEndpoint } from "./internal.ts";
import { IssueConnectorInput, type IssueConnectorOutput } from "./schemas.ts";
import { signConnectorToken } from "./token.ts";

/**
 * Issues the token with which one connector opens its links. A token of its own each time; it lives for
 * RELAY_CONNECTOR_TTL_SECONDS unless it is revoked.
 *
 * @param device the activated device that asks; null for a user or an API key
 * @throws DomainError not_found/endpoint_not_found; forbidden/endpoint_suspended, forbidden/tenant_suspended;
 *   precondition/payment_required; forbidden/license_inactive
 */
export async function issueConnector(args: {
  ctx: RequestContext;
  input: IssueConnectorInput;
  device: { devicePk: string; deviceId: string } | null;
  config: Pick<ApiConfig, "relayConnectorSigningSecret" | "relayConnectorTtlSeconds" | "relayWsUrl">;
}): Promise<IssueConnectorOutput> {
  const { ctx, device, config } = args;
  requirePermission(ctx, "connectors:write");
  const input = IssueConnectorInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const endpoint = await getServedEndpoint(tx, ctx.tenantId, input.endpointSlug, "endpointSlug");
    await requireGoodStanding(tx, ctx.tenantId);
    if (endpoint.status === "suspended") {
      throw new DomainError(
        "forbidden",
        "endpoint_suspended",
        "this endpoint is suspended: write to support",
      );
    }
    await lockActiveLicense(tx, ctx.tenantId);
    const connectorId = newId("con");
    // A JWT counts in whole seconds.
    const expiresAt = new Date((Math.floor(Date.now() / 1000) + config.relayConnectorTtlSeconds) * 1000);
    await tx
      .insertInto("connectors")
      .values({
        id: connectorId,
        tenant_id: ctx.tenantId,
        endpoint_id: endpoint.id,
        device_pk: device?.devicePk ?? null,
        expires_at: expiresAt,
      })
      .execute();
    const connectorToken = await signConnectorToken(
      {
        connectorId,
        tenantId: ctx.tenantId,
        endpointId: endpoint.id,
        slug: endpoint.slug,
        deviceId: device?.deviceId ?? null,
        expiresAt,
      },
      config.relayConnectorSigningSecret,
    );
    await recordAudit(tx, ctx, {
      action: "connector.issue",
      subject: connectorId,
      detail: { slug: endpoint.slug, deviceId: device?.deviceId ?? null },
    });
    return { connectorId, connectorToken, relayUrl: config.relayWsUrl, expiresAt: expiresAt.toISOString() };
  });
}
