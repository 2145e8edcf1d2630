import { z } from "zod";

/** What can go wrong with a call. `…_after`: the call was carried out, only its answer is lost. */
export const FaultKind = z.enum([
  "rate_limit",
  "error_500",
  "error_500_after",
  "reset",
  "reset_after",
  "timeout",
  "timeout_after",
  "slow",
]);
export type FaultKind = z.infer<typeof FaultKind>;

export const CallFault = z.strictObject({
  kind: FaultKind,
  method: z.enum(["GET", "POST", "DELETE"]).optional(),
  /** The path starts with this, e.g. `/v1/billing/meter_events`. */
  path: z.string().optional(),
  /** 0 to 1; 1 when left out. */
  probability: z.number().min(0).max(1).optional(),
  /** How often; for good when left out. */
  times: z.int().min(1).optional(),
  /** For `slow`. */
  delayMs: z.int().min(0).optional(),
});
export type CallFault = z.infer<typeof CallFault>;

export const WebhookFaults = z.strictObject({
  /** Probabilities, 0 to 1, for each delivery. */
  lose: z.number().min(0).max(1).default(0),
  duplicate: z.number().min(0).max(1).default(0),
  /** Held back by a random time up to `delayMs`, so that a later event overtakes it. */
  reorder: z.number().min(0).max(1).default(0),
  delayMs: z.int().min(0).default(50),
  /** The same change again under another event id. */
  twin: z.number().min(0).max(1).default(0),
});
export type WebhookFaults = z.infer<typeof WebhookFaults>;

export const Faults = z.strictObject({
  calls: z.array(CallFault).default([]),
  webhooks: WebhookFaults.prefault({}),
  /** Summaries and drafts see an event that much later, seconds of clock. */
  summaryLagSeconds: z.int().min(0).default(0),
  /** Identifiers of meter events are forgotten at once, as they are by Stripe after a day. */
  forgetIdentifiers: z.boolean().default(false),
});
export type Faults = z.output<typeof Faults>;
export type FaultsInput = z.input<typeof Faults>;

/** Picks the first fault that holds for a call and uses it up. */
export function drawFault(
  faults: CallFault[],
  method: string,
  path: string,
  dice: () => number,
): CallFault | null {
  for (const [at, fault] of faults.entries()) {
    if (fault.method !== undefined && fault.method !== method) continue;
    if (fault.path !== undefined && !path.startsWith(fault.path)) continue;
    if (fault.probability !== undefined && dice() >= fault.probability) continue;
    if (fault.times !== undefined) {
      if (fault.times === 1) faults.splice(at, 1);
      else fault.times--;
    }
    return fault;
  }
  return null;
}
