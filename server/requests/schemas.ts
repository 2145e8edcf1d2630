import * as z from "zod";
import { slugInput, timestamp } from "../schemas.ts";
import { RequestTiming } from "./timing.ts";

export const ListRequestsInput = z.object({
  slug: slugInput.optional().describe("All endpoints when left out"),
  cursor: z.string().max(200).optional().describe("nextCursor of the page before"),
  limit: z.number().int().min(1).max(200).optional().describe("50 when left out"),
});
export type ListRequestsInput = z.infer<typeof ListRequestsInput>;

export const RequestSummary = z.object({
  id: z.string(),
  slug: z.string().nullable(),
  startedAt: timestamp,
  method: z.string(),
  path: z.string(),
  status: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  durationMs: z.number(),
  timing: RequestTiming,
  accessKeyName: z.string().nullable(),
  errorCode: z.string().nullable(),
  clientAddress: z.string(),
  tokens: z
    .object({
      model: z.string().nullable(),
      input: z.number(),
      output: z.number(),
      source: z.enum(["provider", "estimated", "none"]).describe("none: nobody could tell"),
      status: z.enum(["complete", "partial", "error"]).describe("partial: the answer ended early"),
    })
    .nullable()
    .describe("null: no request to a model"),
});
export type RequestSummary = z.infer<typeof RequestSummary>;

export const ListRequestsOutput = z.object({
  requests: z.array(RequestSummary),
  nextCursor: z.string().nullable(),
});
export type ListRequestsOutput = z.infer<typeof ListRequestsOutput>;
