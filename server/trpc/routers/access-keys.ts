import { createAccessKey, listAccessKeys, revokeAccessKey } from "../../access-keys/index.ts";
import {
  AccessKeyIdInput,
  CreateAccessKeyInput,
  CreateAccessKeyOutput,
  ListAccessKeysOutput,
  RevokedOutput,
} from "../../access-keys/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Access keys";

export const accessKeysRouter = router({
  list: memberProcedure()
    .meta(rest("GET", "/api/access-keys", { tag, summary: "Keys that consumers of endpoints send" }))
    .output(ListAccessKeysOutput)
    .query(({ ctx }) => listAccessKeys({ ctx: ctx.caller })),

  create: memberProcedure("keys")
    .meta(rest("POST", "/api/access-keys", { tag, summary: "Make an access key" }))
    .input(CreateAccessKeyInput)
    .output(CreateAccessKeyOutput)
    .mutation(({ ctx, input }) => createAccessKey({ ctx: ctx.caller, input })),

  revoke: memberProcedure("keys")
    .meta(rest("DELETE", "/api/access-keys/{id}", { tag, summary: "End an access key" }))
    .input(AccessKeyIdInput)
    .output(RevokedOutput)
    .mutation(({ ctx, input }) => revokeAccessKey({ ctx: ctx.caller, input })),
});
