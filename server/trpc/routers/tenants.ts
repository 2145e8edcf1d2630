import * as z from "zod";
import { getCurrentTenant, resumeTenant, suspendTenant } from "../../tenants/index.ts";
import { SuspendTenantInput, TenantIdInput, TenantOutput } from "../../tenants/schemas.ts";
import { router } from "../init.ts";
import { internalProcedure, memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const internal = "Relay-internal";

export const tenantsRouter = router({
  current: memberProcedure()
    .meta(rest("GET", "/api/tenant", { tag: "Account", summary: "The account, its plan and its limits" }))
    .output(TenantOutput)
    .query(({ ctx }) => getCurrentTenant({ ctx: ctx.caller })),

  suspend: internalProcedure
    .meta(
      rest("POST", "/api/internal/tenants/{tenantId}/suspend", {
        tag: internal,
        summary: "Stop all hosts of an account",
      }),
    )
    .input(SuspendTenantInput)
    .output(z.object({ tenantId: z.string() }))
    .mutation(({ ctx, input }) => suspendTenant(ctx, input)),

  resume: internalProcedure
    .meta(
      rest("POST", "/api/internal/tenants/{tenantId}/resume", {
        tag: internal,
        summary: "End the suspension of an account",
      }),
    )
    .input(TenantIdInput)
    .output(z.object({ tenantId: z.string() }))
    .mutation(({ ctx, input }) => resumeTenant(ctx, input)),
});
