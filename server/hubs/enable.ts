import { inTransaction } from "../../db/client.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import type { SlugRules } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import type { HubDeps } from "./deps.ts";
import { findBucketOfHub, getHubOfTenant } from "./internal.ts";
import { DisableHubInput, EnableHubInput, type HubDetail } from "./schemas.ts";
import { readDetail } from "./summary.ts";
import { wantOff, wantOn } from "./want.ts";

/** Switches a hub on and answers at once; its progress can be watched. @throws what {@link wantOn} throws */
export async function enableHub(args: {
  ctx: RequestContext;
  input: EnableHubInput;
  deps: HubDeps;
  rules: SlugRules;
}): Promise<HubDetail> {
  const { ctx, deps, rules } = args;
  requirePermission(ctx, "hubs:write");
  const input = EnableHubInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const hub = await wantOn(
      tx,
      ctx,
      {
        hubId: input.hubId,
        requestedName: input.requestedSubdomain ?? null,
        serviceUrl: input.serviceUrl,
        isPersons: true,
        field: "requestedSubdomain",
      },
      { deps, rules },
    );
    return readDetail(tx, hub);
  });
}

/**
 * Switches a hub off and answers at once. Its backups are kept for a while, or deleted when the bucket's name is typed.
 * @throws DomainError not_found/hub_not_found; invalid/bucket_not_confirmed; conflict/hub_self_hosted
 */
export async function disableHub(args: { ctx: RequestContext; input: DisableHubInput }): Promise<HubDetail> {
  const { ctx } = args;
  requirePermission(ctx, "hubs:write");
  const input = DisableHubInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    if (input.deleteBucket) {
      const bucket = await findBucketOfHub(tx, await getHubOfTenant(tx, ctx.tenantId, input.hubId));
      if (bucket && input.confirmBucket !== bucket.name) {
        throw new DomainError(
          "invalid",
          "bucket_not_confirmed",
          `type the bucket's name, ${bucket.name}, to delete the backups of this hub`,
          { field: "confirmBucket" },
        );
      }
    }
    const hub = await wantOff(tx, ctx, {
      hubId: input.hubId,
      deleteBucket: input.deleteBucket,
      retentionDays: input.retentionDays,
    });
    return readDetail(tx, hub);
  });
}
