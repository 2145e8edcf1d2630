import type { SpendingRefusal } from "../metering/budgets/spending-book.ts";
import type { Applicant, Verdict } from "./admission.ts";
import type { EdgeContext } from "./context.ts";

const forward: Verdict = { kind: "forward" };
const units = { requests: "request", tokens: "token", cents: "spending", megabytes: "traffic" } as const;

/** The last thing that is asked: from here on the request counts as running. */
export function admitBudget(edge: EdgeContext, request: Applicant): Verdict | Promise<Verdict> {
  const { budgets } = edge.deps;
  if (budgets === undefined) return forward;
  const refusal = budgets.admit(request);
  if (refusal instanceof Promise) return refusal.then((decided) => verdictOf(edge, decided));
  return verdictOf(edge, refusal);
}

function verdictOf(edge: EdgeContext, refusal: SpendingRefusal | null): Verdict {
  if (refusal === null) return forward;
  edge.stats.overBudget++;
  const { kind, ofKey, metric, resetsAt } = refusal;
  const seconds = String(Math.max(1, Math.ceil((resetsAt - edge.now()) / 1_000)));
  const until = new Date(resetsAt).toISOString();
  const whose = ofKey ? "this access key" : "this endpoint's account";
  const message =
    kind === "quota"
      ? `The plan of this endpoint's account includes no more ${metric} until ${until}. Its owner can choose a larger one in the portal.`
      : `The ${units[metric]} budget of ${whose} is used up until ${until}. Its owner can raise it in the portal.`;
  return {
    kind: "error",
    code: kind === "quota" ? "quota_exceeded" : "budget_exceeded",
    message,
    // Clients of models try again by themselves, within seconds; that would be of no use.
    fields: {
      "Retry-After": seconds,
      "RateLimit-Reset": seconds,
      "RateLimit-Remaining": "0",
      "X-Should-Retry": "false",
    },
  };
}
