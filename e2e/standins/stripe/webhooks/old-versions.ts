type Plain = Record<string, unknown>;

/** Periods moved from the subscription to its items, and the links of an invoice below `parent` and `payments`. */
const BASIL = "2025-03-31";

/**
 * An object as an endpoint of an older API version gets it. Only what moved with basil: a receiver that reads the old
 * place of a field by mistake shows itself.
 */
export function asOfVersion(version: string, object: Plain): Plain {
  if (version.slice(0, 10) >= BASIL) return object;
  if (object.object === "subscription") {
    const items = (object.items as { data: Plain[] }).data;
    const moved = items.map(({ current_period_start: _start, current_period_end: _end, ...item }) => item);
    return {
      ...object,
      current_period_start: items[0]?.current_period_start ?? null,
      current_period_end: items[0]?.current_period_end ?? null,
      items: { ...(object.items as Plain), data: moved },
    };
  }
  if (object.object === "invoice") {
    const { parent, ...rest } = object;
    const details = (parent as { subscription_details?: { subscription: string } } | null)
      ?.subscription_details;
    return { ...rest, subscription: details?.subscription ?? null, paid: object.status === "paid" };
  }
  return object;
}
