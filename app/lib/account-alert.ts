import { formatDay } from "./format.ts";
import type { ApiOutputs } from "./trpc.ts";

/** What every page says above itself while the account has to do something to keep its service. */
export interface AccountAlert {
  tone: "warn" | "bad";
  text: string;
  /** Whether billing is where something can be done about it. */
  payable: boolean;
}

type Standing = Pick<ApiOutputs["tenants"]["current"], "suspended" | "billingState" | "graceEndsAt">;

/** The most severe of what there is to say; null when all is well. Days are in UTC. */
export function accountAlert({ suspended, billingState, graceEndsAt }: Standing): AccountAlert | null {
  if (suspended) {
    const reason = suspended.reason ? ` (${suspended.reason})` : "";
    return {
      tone: "bad",
      text: `Your account is suspended${reason}: its addresses answer 403. Write to the people who run this service.`,
      payable: false,
    };
  }
  if (billingState === "unpaid") {
    return {
      tone: "bad",
      text: "Your addresses answer 402, because an invoice is unpaid. Service is back within seconds of the payment.",
      payable: true,
    };
  }
  if (graceEndsAt) {
    return {
      tone: "warn",
      text: `Your last payment failed. Service goes on until ${formatDay(graceEndsAt)}.`,
      payable: true,
    };
  }
  return null;
}
