import { z } from "zod";

/** What an account owner sets in Stripe's dashboard, and how fast the stand-in itself is. */
export const Settings = z.strictObject({
  accountName: z.string().default("Stand-in account"),
  /** Of events, where an endpoint does not say otherwise. */
  apiVersion: z.string().default("2026-10-28.endive"),
  /** A renewal invoice stays a draft that long. */
  draftSeconds: z.int().min(0).default(3600),
  /** Days after each failed payment until the next try. */
  retryAfterDays: z.array(z.number().positive()).default([3, 5, 7]),
  /** What becomes of a subscription when the last try failed. */
  afterRetries: z.enum(["cancel", "unpaid", "past_due"]).default("cancel"),
  /** `invoice.upcoming` comes that many days before a renewal; 0: never. */
  upcomingDays: z.int().min(0).default(7),
  /** A draft waits for `invoice.created` to be delivered, up to 72 h. */
  finalizationWaitsForWebhook: z.boolean().default(false),
  /** A meter event takes that long; a second one for the same customer and meter meanwhile is refused with 429. */
  meterEventMs: z.int().min(0).default(1),
  /** Waits between tries of one webhook, machine time; given up after the last. */
  webhookRetryMs: z
    .array(z.int().min(0))
    .default([500, 2_000, 10_000, 60_000, 300_000, 1_800_000, 3_600_000, 14_400_000]),
  webhookTimeoutMs: z.int().min(1).default(10_000),
});
export type Settings = z.output<typeof Settings>;
export type SettingsInput = z.input<typeof Settings>;
