import * as z from "zod";
import { slugInput } from "../schemas.ts";

export const ReportAbuseInput = z.object({
  slug: slugInput,
  reason: z.enum(["phishing", "malware", "spam", "copyright", "illegal", "other"]),
  detail: z.string().trim().min(1).max(5000),
  email: z.email().max(254).optional().describe("Where we may answer"),
});
export type ReportAbuseInput = z.infer<typeof ReportAbuseInput>;

export const ReportAbuseOutput = z.object({ reportId: z.string() });
export type ReportAbuseOutput = z.infer<typeof ReportAbuseOutput>;
