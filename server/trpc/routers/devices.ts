import { releaseDevice } from "../../devices/index.ts";
import { ReleaseDeviceInput, ReleaseDeviceOutput } from "../../devices/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

export const devicesRouter = router({
  release: memberProcedure("keys")
    .meta(
      rest("DELETE", "/api/devices/{id}", {
        tag: "License",
        summary: "Take a device off the license",
        description: "Its place is free again and its connectors stop.",
      }),
    )
    .input(ReleaseDeviceInput)
    .output(ReleaseDeviceOutput)
    .mutation(({ ctx, input }) => releaseDevice({ ctx: ctx.caller, input })),
});
