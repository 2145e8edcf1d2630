import * as z from "zod";
import { timestamp } from "../schemas.ts";

export const DeviceSummary = z.object({
  id: z.string(),
  deviceId: z.string(),
  name: z.string().nullable(),
  platform: z.string().nullable(),
  createdAt: timestamp,
  lastSeenAt: timestamp,
});
export type DeviceSummary = z.infer<typeof DeviceSummary>;

export const LicenseOutput = z.object({
  id: z.string(),
  plan: z.enum(["free", "pro", "team"]),
  status: z.enum(["active", "revoked", "expired"]),
  keyHint: z.string().nullable().describe("null: no key was issued yet"),
  keyIssuedAt: timestamp.nullable(),
  deviceLimit: z.number(),
  devices: z.array(DeviceSummary),
});
export type LicenseOutput = z.infer<typeof LicenseOutput>;

export const LicenseKeyOutput = z.object({ licenseKey: z.string().describe("hs_lic_…, shown this once") });
export type LicenseKeyOutput = z.infer<typeof LicenseKeyOutput>;
