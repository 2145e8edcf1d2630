import type { Meter, UsageEvent } from "../core/objects.ts";
import type { World } from "../world.ts";

/** The value of a meter over some of its events: `last` takes the newest by time, then by arrival. Exact. */
export function aggregate(meter: Meter, events: readonly UsageEvent[]): bigint {
  const counted = preAggregated(
    meter,
    events.filter(({ cancelled }) => !cancelled),
  );
  switch (meter.default_aggregation.formula) {
    case "count":
      return BigInt(counted.length);
    case "last":
      return BigInt(newest(counted)?.value ?? 0);
    case "sum":
      return counted.reduce((sum, { value }) => sum + BigInt(value), 0n);
  }
}

function newest(events: readonly UsageEvent[]): UsageEvent | undefined {
  let found: UsageEvent | undefined;
  for (const event of events) if (!found || isLater(event, found)) found = event;
  return found;
}

const isLater = (a: UsageEvent, b: UsageEvent) =>
  a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.sequence > b.sequence);

/** With an event time window a later event of the same hour or day replaces the earlier one. */
function preAggregated(meter: Meter, events: readonly UsageEvent[]): readonly UsageEvent[] {
  if (meter.event_time_window === null) return events;
  const width = meter.event_time_window === "hour" ? 3600 : 86_400;
  const kept = new Map<number, UsageEvent>();
  for (const event of events) {
    const window = Math.floor(event.timestamp / width);
    const before = kept.get(window);
    if (!before || event.sequence > before.sequence) kept.set(window, event);
  }
  return [...kept.values()];
}

/**
 * What a customer used of a meter from `from` until just before `to`, as far as it is visible yet. Never below 0: a
 * negative total is invoiced as nothing.
 */
export function usageOf(world: World, meterId: string, customer: string, from: number, to: number): bigint {
  const meter = world.state.meters.get(meterId);
  const now = world.now(customer);
  const events = world.state.usage
    .of(meterId, customer)
    .filter(({ visibleAt, timestamp }) => visibleAt <= now && timestamp >= from && timestamp < to);
  const total = aggregate(meter, events);
  return total < 0n ? 0n : total;
}
