import { disableOwnHub, enrollHub, getHubStatus, rotateOwnKeys } from "../../hubs/index.ts";
import {
  DisableInput,
  EnrollInput,
  EnrollOutput,
  HubStatusInput,
  HubStatusOutput,
  OkOutput,
  RotateKeysInput,
  RotateKeysOutput,
} from "../../hubs/schemas.ts";
import { router } from "../init.ts";
import { hubProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Managed Cloudflare";

/** What a hub asks for with its own token. Bodies and answers are spelled as hubs know them. */
export const managedCloudflareRouter = router({
  enroll: hubProcedure()
    .meta(
      rest("POST", "/v1/managed-cloudflare/enroll", {
        tag,
        summary: "Get, or make, the tunnel, host name and bucket of a hub",
        description:
          "May be repeated: the answer stays the same. It can take a minute; 503 `hub_provisioning` says when to ask again.",
      }),
    )
    .input(EnrollInput)
    .output(EnrollOutput)
    .mutation(({ ctx, input }) =>
      enrollHub({ caller: ctx.hub, input, deps: ctx.hubs, changes: ctx.changes, rules: ctx.config }),
    ),

  status: hubProcedure()
    .meta(rest("GET", "/v1/managed-cloudflare/status", { tag, summary: "What a hub has, and what is wrong" }))
    .input(HubStatusInput)
    .output(HubStatusOutput)
    .query(({ ctx, input }) => getHubStatus({ caller: ctx.hub, input })),

  rotateKeys: hubProcedure("hub_change")
    .meta(
      rest("POST", "/v1/managed-cloudflare/rotate-keys", {
        tag,
        summary: "Replace the key of the bucket",
        description: "The old key stops when the hub reports that it uses the new one.",
      }),
    )
    .input(RotateKeysInput)
    .output(RotateKeysOutput)
    .mutation(({ ctx, input }) =>
      rotateOwnKeys({ caller: ctx.hub, input, deps: ctx.hubs, changes: ctx.changes }),
    ),

  disable: hubProcedure("hub_change")
    .meta(
      rest("POST", "/v1/managed-cloudflare/disable", {
        tag,
        summary: "Give tunnel and host name back; keep the backups for a while, or delete them",
      }),
    )
    .input(DisableInput)
    .output(OkOutput)
    .mutation(({ ctx, input }) => disableOwnHub({ caller: ctx.hub, input })),
});
