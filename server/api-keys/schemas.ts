import * as z from "zod";
import { permissions } from "../context.ts";
import { idInput, nameInput, timestamp } from "../schemas.ts";

const ApiKeyPermission = z.enum(["*", ...permissions]);

export const ApiKeySummary = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string(),
  permissions: z.array(z.string()),
  createdBy: z.string().describe("Id of the user it acts for"),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
export type ApiKeySummary = z.infer<typeof ApiKeySummary>;

export const CreateApiKeyInput = z.object({
  name: nameInput,
  permissions: z
    .array(ApiKeyPermission)
    .min(1)
    .max(permissions.length)
    .optional()
    .describe("All when left out"),
});
export type CreateApiKeyInput = z.infer<typeof CreateApiKeyInput>;

export const CreateApiKeyOutput = z.object({
  apiKey: ApiKeySummary,
  secret: z.string().describe("hs_api_…, shown this once"),
});
export type CreateApiKeyOutput = z.infer<typeof CreateApiKeyOutput>;

export const ListApiKeysOutput = z.object({ apiKeys: z.array(ApiKeySummary) });

export const ApiKeyIdInput = z.object({ id: idInput });
export type ApiKeyIdInput = z.infer<typeof ApiKeyIdInput>;
