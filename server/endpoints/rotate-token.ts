import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { notifyChange } from "../events.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { getEndpointOfTenant, getOnlyEndpoint } from "./internal.ts";
import { type EndpointTokenOutput, OptionalSlugInput } from "./schemas.ts";

/**
 * Makes a new endpoint token; the old one is refused from the commit on (relays hear of it at once).
 * @throws DomainError not_found/endpoint_not_found, invalid/slug_required
 */
export async function rotateEndpointToken(args: {
  ctx: RequestContext;
  input: OptionalSlugInput;
}): Promise<EndpointTokenOutput> {
  const { ctx } = args;
  requirePermission(ctx, "endpoints:write");
  const { slug } = OptionalSlugInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const endpoint =
      slug === undefined
        ? await getOnlyEndpoint(tx, ctx.tenantId)
        : await getEndpointOfTenant(tx, ctx.tenantId, slug);
    const endpointToken = createSecret(secretPrefixes.endpoint);
    await tx
      .updateTable("endpoints")
      .set({
        token_hash: hashSecret(endpointToken),
        token_hint: secretHint(endpointToken),
        token_rotated_at: sql`now()`,
      })
      .where("id", "=", endpoint.id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    await recordAudit(tx, ctx, { action: "endpoint.rotate_token", subject: endpoint.id });
    await notifyChange(tx, {
      type: "endpoint",
      endpointId: endpoint.id,
      slug: endpoint.slug,
      tenantId: ctx.tenantId,
    });
    return { endpointToken };
  });
}
