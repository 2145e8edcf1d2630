import type { UsageEvent } from "./objects.ts";
import { Table } from "./table.ts";

/** Meter events, found by identifier and by customer and meter without looking at all of them. */
export class UsageTable extends Table<UsageEvent> {
  readonly #byIdentifier = new Map<string, UsageEvent>();
  readonly #byPair = new Map<string, UsageEvent[]>();

  override add(event: UsageEvent): UsageEvent {
    this.#byIdentifier.set(event.identifier, event);
    const pair = pairOf(event.meter, event.customer);
    const events = this.#byPair.get(pair);
    if (events) events.push(event);
    else this.#byPair.set(pair, [event]);
    return super.add(event);
  }

  override clear(): void {
    this.#byIdentifier.clear();
    this.#byPair.clear();
    super.clear();
  }

  /** The newest with that identifier. */
  known(identifier: string): UsageEvent | undefined {
    return this.#byIdentifier.get(identifier);
  }

  of(meter: string, customer: string): readonly UsageEvent[] {
    return this.#byPair.get(pairOf(meter, customer)) ?? [];
  }
}

const pairOf = (meter: string, customer: string) => `${meter} ${customer}`;
