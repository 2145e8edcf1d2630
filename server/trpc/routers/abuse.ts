import { reportAbuse } from "../../abuse/index.ts";
import { ReportAbuseInput, ReportAbuseOutput } from "../../abuse/schemas.ts";
import { router } from "../init.ts";
import { atDoor, publicProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

export const abuseRouter = router({
  report: publicProcedure
    .meta(
      rest("POST", "/api/abuse/report", { tag: "Abuse", summary: "Report a tenant host", protect: false }),
    )
    .input(ReportAbuseInput)
    .use(atDoor("abuse"))
    .output(ReportAbuseOutput)
    .mutation(({ ctx, input }) => reportAbuse(ctx, input)),
});
