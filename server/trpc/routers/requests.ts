import { listRequests } from "../../requests/index.ts";
import { ListRequestsInput, ListRequestsOutput } from "../../requests/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

export const requestsRouter = router({
  list: memberProcedure()
    .meta(rest("GET", "/api/requests", { tag: "Requests", summary: "The request log, newest first" }))
    .input(ListRequestsInput)
    .output(ListRequestsOutput)
    .query(({ ctx, input }) => listRequests({ ctx: ctx.caller, input })),
});
