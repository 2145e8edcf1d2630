import { DomainError } from "../../errors.ts";
import type { Mutation } from "./mutation.ts";

/**
 * Reports all usage until now, before a period ends early: what Stripe does not have by then is not on its last invoice.
 * @throws DomainError unavailable/usage_unreported
 */
export async function reportUsage({ billing, tenantId }: Mutation): Promise<void> {
  if ((await billing.pushUsage(tenantId)) !== "unsettled") return;
  throw new DomainError(
    "unavailable",
    "usage_unreported",
    "the last usage could not be reported to the payment provider: try again in a minute",
    { retryAfterSeconds: 60 },
  );
}
