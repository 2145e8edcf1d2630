import * as z from "zod";
import { meterNames } from "../pricing/index.ts";
import { bodyInteger } from "../schemas.ts";

/** Far above any real correction, far below where numbers lose digits. */
const MAX_QUANTITY = 1_000_000_000_000;

export const RecordAdjustmentInput = z.object({
  tenantId: z.string().min(1).max(100),
  meter: z.enum(meterNames),
  quantity: bodyInteger
    .refine(
      (quantity) => quantity !== 0 && Math.abs(quantity) <= MAX_QUANTITY,
      "up to 10^12, and not nothing",
    )
    .describe("Added to the total of the period; below zero takes away."),
  reason: z.string().trim().min(3).max(500).describe("For whoever reads the ledger later."),
  by: z.string().trim().min(1).max(100).describe("Who decided it: a name or a mail address."),
  periodStart: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Start of an open billing period; the running one when left out."),
});
export type RecordAdjustmentInput = z.input<typeof RecordAdjustmentInput>;

export const RecordAdjustmentOutput = z.object({
  id: z.string(),
  tenantId: z.string(),
  meter: z.enum(meterNames),
  quantity: z.int(),
  periodStart: z.string(),
  periodEnd: z.string(),
});
export type RecordAdjustmentOutput = z.infer<typeof RecordAdjustmentOutput>;
