import { getLicense, issueLicenseKey } from "../../licenses/index.ts";
import { LicenseKeyOutput, LicenseOutput } from "../../licenses/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "License";

export const licensesRouter = router({
  get: memberProcedure()
    .meta(rest("GET", "/api/license", { tag, summary: "The license and its devices" }))
    .output(LicenseOutput)
    .query(({ ctx }) => getLicense({ ctx: ctx.caller })),

  issueKey: memberProcedure("keys")
    .meta(rest("POST", "/api/license/key", { tag, summary: "Make a new license key; the old one stops" }))
    .output(LicenseKeyOutput)
    .mutation(({ ctx }) => issueLicenseKey({ ctx: ctx.caller })),
});
