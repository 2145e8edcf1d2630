import type { RecentUsage } from "./limit-state.ts";

/** More than these are put together, the older half: about 5 MB of one very busy tenant. */
const MAX_ENTRIES = 50_000;

/** What a tenant's requests recorded lately, until a reading is known to hold it. */
export class RecentUsageList {
  private entries: RecentUsage[] = [];
  private readonly maxEntries: number;

  constructor(maxEntries = MAX_ENTRIES) {
    this.maxEntries = maxEntries;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  add(usage: RecentUsage): void {
    this.entries.push(usage);
    if (this.entries.length > this.maxEntries) this.putTogether();
  }

  /**
   * Forgets what a reading holds.
   * @param nextSeq the reading holds all records before this one
   * @returns the rest; null when it cannot be told apart, because a sum begins before `nextSeq` and ends after
   */
  after(nextSeq: number): readonly RecentUsage[] | null {
    const rest: RecentUsage[] = [];
    for (const usage of this.entries) {
      if (usage.lastSeq < nextSeq) continue;
      if (usage.firstSeq < nextSeq) return null;
      rest.push(usage);
    }
    this.entries = rest;
    return rest;
  }

  private putTogether(): void {
    const half = this.entries.length >> 1;
    const sums = new Map<string, RecentUsage>();
    for (const usage of this.entries.slice(0, half)) {
      const key = `${usage.hour} ${usage.accessKeyId}`;
      const sum = sums.get(key);
      sums.set(key, sum === undefined ? usage : add(sum, usage));
    }
    this.entries = [...sums.values(), ...this.entries.slice(half)];
  }
}

function add(one: RecentUsage, other: RecentUsage): RecentUsage {
  return {
    ...one,
    lastSeq: other.lastSeq,
    requests: one.requests + other.requests,
    bytes: one.bytes + other.bytes,
    tokens: one.tokens + other.tokens,
  };
}
