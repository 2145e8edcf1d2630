/** A plan that can be bought, as an address or a form names it; null for anything else. */
export function readPaidPlan(text: string | null): "pro" | "team" | null {
  return text === "pro" || text === "team" ? text : null;
}

/** A number of seats as it was typed; undefined when there is none, so that the server's rule decides. */
export function readSeats(text: string | null): number | undefined {
  if (!text || !/^\d{1,4}$/.test(text)) return undefined;
  return Number(text);
}
