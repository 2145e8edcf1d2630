import { recordAdjustment } from "../../ledger/index.ts";
import { RecordAdjustmentInput, RecordAdjustmentOutput } from "../../ledger/schemas.ts";
import { router } from "../init.ts";
import { internalProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

export const ledgerRouter = router({
  adjust: internalProcedure
    .meta(
      rest("POST", "/api/internal/tenants/{tenantId}/adjustments", {
        tag: "Relay-internal",
        summary: "Correct what an account is charged for",
      }),
    )
    .input(RecordAdjustmentInput)
    .output(RecordAdjustmentOutput)
    .mutation(({ ctx, input }) => recordAdjustment(ctx, input)),
});
