import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { checkDomain } from "./check.ts";
import type { DomainDeps } from "./deps.ts";
import { toSummary } from "./internal.ts";
import { DomainIdInput, type DomainSummary } from "./schemas.ts";

/**
 * Looks at the DNS of a custom domain now instead of at its time, and tries again for a certificate that failed.
 * @throws DomainError not_found/domain_not_found
 */
export async function verifyDomain(args: {
  ctx: RequestContext;
  input: DomainIdInput;
  config: ApiConfig;
  deps: DomainDeps;
}): Promise<DomainSummary> {
  const { ctx, config, deps } = args;
  requirePermission(ctx, "endpoints:write");
  const { id } = DomainIdInput.parse(args.input);
  const { tenantId, userId, requestId } = ctx;
  const checker = { userId, requestId };
  return toSummary(await checkDomain(ctx.db, { tenantId, id }, { deps, config, checker }), config);
}
