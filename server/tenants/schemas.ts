import * as z from "zod";
import { idInput, timestamp } from "../schemas.ts";

export const TenantOutput = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.enum(["free", "pro", "team"]),
  billingState: z.enum(["ok", "unpaid"]),
  graceEndsAt: timestamp
    .nullable()
    .describe("Set while a payment is missing: service stops then, unless the open invoice is paid"),
  suspended: z.object({ reason: z.string().nullable() }).nullable(),
  role: z.string(),
  user: z.object({ id: z.string(), name: z.string(), email: z.string() }),
  limits: z.object({
    endpoints: z.number(),
    devices: z.number(),
    connectors: z.number(),
    tcpPorts: z.number(),
    concurrentRequests: z.number(),
    requestsPerMinute: z.number().nullable(),
    maxBodyBytes: z.number(),
    maxHeadBytes: z.number(),
    maxTargetBytes: z.number(),
    accessKeys: z.number(),
    apiKeys: z.number(),
    customDomains: z.number(),
    requestLogDays: z.number(),
    maxSeats: z.number(),
  }),
});
export type TenantOutput = z.infer<typeof TenantOutput>;

export const SuspendTenantInput = z.object({
  tenantId: idInput,
  reason: z.string().trim().min(1).max(200).describe("Shown to visitors of the tenant's hosts"),
});
export type SuspendTenantInput = z.infer<typeof SuspendTenantInput>;

export const TenantIdInput = z.object({ tenantId: idInput });
export type TenantIdInput = z.infer<typeof TenantIdInput>;
