import * as z from "zod";
import type { Db } from "../../db/client.ts";
import { enqueue, type TaskKind } from "../jobs/index.ts";

const Payload = z.object({
  /** null: events whose customer is not written on them. */
  customerId: z.string().nullable(),
});

export const workKind: TaskKind<z.infer<typeof Payload>> = { name: "stripe_events", payload: Payload };

/** Key and queue of a customer's work: one job waits at most, and none runs beside another. */
export function workKey(customerId: string | null): string {
  return `stripe:${customerId ?? "no_customer"}`;
}

/** Asks for a customer's stored events to be worked off, and its state to be read anew. */
export async function enqueueWork(db: Db, customerId: string | null): Promise<void> {
  const key = workKey(customerId);
  await enqueue(db, workKind, { customerId }, { queue: key, key });
}
