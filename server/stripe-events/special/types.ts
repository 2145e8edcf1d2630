import type { Stripe } from "stripe";
import type { NoticeDeps } from "../../dunning/index.ts";
import type { IncidentLog } from "../incidents.ts";

export interface SpecialDeps extends NoticeDeps {
  readonly stripe: Stripe;
  readonly log: IncidentLog & { warn(fields: object, message: string): void };
}

/** A stored event that means more than "read the customer anew". */
export interface SpecialEvent {
  readonly id: string;
  readonly type: string;
  readonly object_id: string;
  /** Of the customer on the event; null when there is none, or it is not ours. */
  readonly tenantId: string | null;
}

/** Reads the truth of the event's object from Stripe and does what follows. May run any number of times, in any order. */
export type SpecialHandler = (deps: SpecialDeps, event: SpecialEvent) => Promise<void>;
