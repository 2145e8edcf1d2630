import * as z from "zod";
import { idInput, nameInput, slugInput, timestamp } from "../schemas.ts";

export const AccessKeySummary = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string(),
  endpointSlug: z.string().nullable().describe("null: good for every endpoint"),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
  expiresAt: timestamp.nullable(),
});
export type AccessKeySummary = z.infer<typeof AccessKeySummary>;

export const CreateAccessKeyInput = z.object({
  name: nameInput,
  endpointSlug: slugInput.optional(),
  expiresAt: z.iso.datetime({ offset: true }).optional().describe("ISO 8601, in the future"),
});
export type CreateAccessKeyInput = z.infer<typeof CreateAccessKeyInput>;

export const CreateAccessKeyOutput = z.object({
  accessKey: AccessKeySummary,
  secret: z.string().describe("hs_key_…, shown this once"),
});
export type CreateAccessKeyOutput = z.infer<typeof CreateAccessKeyOutput>;

export const ListAccessKeysOutput = z.object({ accessKeys: z.array(AccessKeySummary) });

export const AccessKeyIdInput = z.object({ id: idInput });
export type AccessKeyIdInput = z.infer<typeof AccessKeyIdInput>;

export const RevokedOutput = z.object({ id: z.string() });
