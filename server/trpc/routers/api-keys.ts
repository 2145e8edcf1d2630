import * as z from "zod";
import { createApiKey, listApiKeys, revokeApiKey } from "../../api-keys/index.ts";
import {
  ApiKeyIdInput,
  CreateApiKeyInput,
  CreateApiKeyOutput,
  ListApiKeysOutput,
} from "../../api-keys/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Account";

export const apiKeysRouter = router({
  list: memberProcedure()
    .meta(rest("GET", "/api/api-keys", { tag, summary: "Keys that manage the account over this API" }))
    .output(ListApiKeysOutput)
    .query(({ ctx }) => listApiKeys({ ctx: ctx.caller })),

  create: memberProcedure("keys")
    .meta(rest("POST", "/api/api-keys", { tag, summary: "Make an API key" }))
    .input(CreateApiKeyInput)
    .output(CreateApiKeyOutput)
    .mutation(({ ctx, input }) => createApiKey({ ctx: ctx.caller, input })),

  revoke: memberProcedure("keys")
    .meta(rest("DELETE", "/api/api-keys/{id}", { tag, summary: "End an API key" }))
    .input(ApiKeyIdInput)
    .output(z.object({ id: z.string() }))
    .mutation(({ ctx, input }) => revokeApiKey({ ctx: ctx.caller, input })),
});
