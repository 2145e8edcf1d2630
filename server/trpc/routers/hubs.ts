import { DomainError } from "../../errors.ts";
import { getBucketUse } from "../../hub-usage/index.ts";
import {
  addHubHostname,
  disableHub,
  enableHub,
  getHub,
  listHubs,
  listTroubledHubs,
  ownBackupPassword,
  registerHub,
  removeHub,
  removeHubHostname,
  reportHub,
  revealBackupPassword,
  rotateHubKeys,
  rotateHubToken,
  updateHub,
  watchHub,
} from "../../hubs/index.ts";
import {
  AddHubHostnameInput,
  BackupPasswordOutput,
  BucketUseInput,
  BucketUseOutput,
  DisableHubInput,
  EnableHubInput,
  HubDetail,
  HubInput,
  HubTokenOutput,
  ListHubsOutput,
  OkOutput,
  OwnBackupPasswordOutput,
  RegisterHubInput,
  RegisterHubOutput,
  RemoveHubHostnameInput,
  ReportHubInput,
  ReportHubOutput,
  TroubledHubsOutput,
  UpdateHubInput,
} from "../../hubs/schemas.ts";
import { toTrpcError } from "../errors.ts";
import { router } from "../init.ts";
import { asMachine, hubProcedure, memberProcedure, publicProcedure, withCredential } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Hubs";

export const hubsRouter = router({
  // Literal paths stand before those with a parameter.
  report: hubProcedure()
    .meta(
      rest("POST", "/api/hubs/report", {
        tag,
        summary: "A hub says how it is and hears what is wanted of it",
        description: "With the token of the hub as a bearer token.",
      }),
    )
    .input(ReportHubInput)
    .output(ReportHubOutput)
    .mutation(({ ctx, input }) => reportHub({ caller: ctx.hub, input, deps: ctx.hubs })),

  ownBackupPassword: hubProcedure()
    .meta(
      rest("POST", "/api/hubs/own-backup-password", {
        tag,
        summary: "The password of the hub's own backups",
        description: "With the token of the hub as a bearer token.",
      }),
    )
    .input(HubInput)
    .output(OwnBackupPasswordOutput)
    .mutation(({ ctx, input }) => ownBackupPassword({ caller: ctx.hub, input, deps: ctx.hubs })),

  register: publicProcedure
    .meta(
      rest("POST", "/api/hubs", {
        tag,
        summary: "Make a hub known and get its token",
        description:
          "The token is in this answer only. For a hub that is known: a new one, the old one stops.",
        protect: false,
      }),
    )
    .input(withCredential(RegisterHubInput))
    .use(asMachine("register"))
    .output(RegisterHubOutput)
    .mutation(({ ctx, input }) => registerHub({ ctx: ctx.caller, input })),

  list: memberProcedure()
    .meta(rest("GET", "/api/hubs", { tag, summary: "All hubs, and what Managed Cloudflare would be" }))
    .output(ListHubsOutput)
    .query(({ ctx }) => listHubs({ ctx: ctx.caller, deps: ctx.hubs })),

  // Without a REST path: it is in the list too.
  troubled: memberProcedure()
    .output(TroubledHubsOutput)
    .query(({ ctx }) => listTroubledHubs({ ctx: ctx.caller })),

  get: memberProcedure()
    .meta(rest("GET", "/api/hubs/{hubId}", { tag, summary: "One hub with its progress, health and history" }))
    .input(HubInput)
    .output(HubDetail)
    .query(({ ctx, input }) => getHub({ ctx: ctx.caller, input })),

  update: memberProcedure("hub_change")
    .meta(
      rest("PATCH", "/api/hubs/{hubId}", { tag, summary: "Change its name, or what its tunnel leads to" }),
    )
    .input(UpdateHubInput)
    .output(HubDetail)
    .mutation(({ ctx, input }) => updateHub({ ctx: ctx.caller, input })),

  enable: publicProcedure
    .meta(
      rest("POST", "/api/hubs/{hubId}/enable", {
        tag,
        summary: "Switch Managed Cloudflare on",
        description: "Answers at once; `progress` tells how far it is.",
        protect: false,
      }),
    )
    .input(withCredential(EnableHubInput))
    .use(asMachine("hub_change"))
    .output(HubDetail)
    .mutation(({ ctx, input }) => enableHub({ ctx: ctx.caller, input, deps: ctx.hubs, rules: ctx.config })),

  disable: memberProcedure("hub_change")
    .meta(
      rest("POST", "/api/hubs/{hubId}/disable", {
        tag,
        summary: "Switch Managed Cloudflare off",
        description:
          "Backups are kept for `retentionDays`, or deleted now with the bucket's name in `confirmBucket`.",
      }),
    )
    .input(DisableHubInput)
    .output(HubDetail)
    .mutation(({ ctx, input }) => disableHub({ ctx: ctx.caller, input })),

  rotateKeys: memberProcedure("hub_change")
    .meta(
      rest("POST", "/api/hubs/{hubId}/rotate-keys", {
        tag,
        summary: "Replace the key of the bucket",
        description: "The hub fetches the new one by itself; the old one stops when it has.",
      }),
    )
    .input(HubInput)
    .output(HubDetail)
    .mutation(({ ctx, input }) => rotateHubKeys({ ctx: ctx.caller, input, deps: ctx.hubs })),

  rotateToken: memberProcedure("hub_change")
    .meta(
      rest("POST", "/api/hubs/{hubId}/token", {
        tag,
        summary: "Make a new hub token; the old one stops at once",
      }),
    )
    .input(HubInput)
    .output(HubTokenOutput)
    .mutation(({ ctx, input }) => rotateHubToken({ ctx: ctx.caller, input })),

  backupPassword: memberProcedure("hub_change")
    .meta(
      rest("POST", "/api/hubs/{hubId}/backup-password", {
        tag,
        summary: "Show the password of the hub's backups",
        description: "Written to the audit log.",
      }),
    )
    .input(HubInput)
    .output(BackupPasswordOutput)
    // Not a query: what it shows must not be cached, and it is written down.
    .mutation(({ ctx, input }) => revealBackupPassword({ ctx: ctx.caller, input, deps: ctx.hubs })),

  addHostname: memberProcedure("hub_change")
    .meta(rest("POST", "/api/hubs/{hubId}/hostnames", { tag, summary: "One more host name for a hub" }))
    .input(AddHubHostnameInput)
    .output(HubDetail)
    .mutation(({ ctx, input }) =>
      addHubHostname({ ctx: ctx.caller, input, deps: ctx.hubs, rules: ctx.config }),
    ),

  removeHostname: memberProcedure("hub_change")
    .meta(
      rest("DELETE", "/api/hubs/{hubId}/hostnames/{id}", { tag, summary: "Take a further host name back" }),
    )
    .input(RemoveHubHostnameInput)
    .output(HubDetail)
    .mutation(({ ctx, input }) => removeHubHostname({ ctx: ctx.caller, input })),

  remove: memberProcedure("hub_change")
    .meta(rest("DELETE", "/api/hubs/{hubId}", { tag, summary: "Forget a hub that is off" }))
    .input(HubInput)
    .output(OkOutput)
    .mutation(({ ctx, input }) => removeHub({ ctx: ctx.caller, input })),

  bucketUse: memberProcedure()
    .meta(rest("GET", "/api/hubs/{hubId}/bucket-use", { tag, summary: "What the hub's bucket held, by day" }))
    .input(BucketUseInput)
    .output(BucketUseOutput)
    .query(({ ctx, input }) => getBucketUse({ ctx: ctx.caller, input })),

  watch: memberProcedure()
    .input(HubInput)
    .subscription(async function* ({ ctx, input, signal }) {
      const lasting = signal ?? new AbortController().signal;
      try {
        yield* watchHub({ ctx: ctx.caller, input, changes: ctx.changes, signal: lasting });
      } catch (error) {
        // What a generator throws does not pass through the middleware any more.
        throw error instanceof DomainError ? toTrpcError(error) : error;
      }
    }),
});
