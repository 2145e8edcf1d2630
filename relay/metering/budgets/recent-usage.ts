import type { RecentUsage } from "./limit-state.ts";

/** More than these are put together, the older half: about 3 MB of one very busy tenant. */
const MAX_ENTRIES = 50_000;
const FIRST_ENTRIES = 64;
/** Numbers of an entry: first and last record, hour, requests, bytes, tokens. */
const WIDTH = 6;

/**
 * What a tenant's requests recorded lately, until a reading is known to hold it. Kept as numbers in one array: an object
 * for each of thousands of requests a second is work for the garbage collector.
 */
export class RecentUsageList {
  private count = 0;
  private numbers = new Float64Array(FIRST_ENTRIES * WIDTH);
  private keys: (string | null)[] = [];
  private readonly maxEntries: number;

  constructor(maxEntries = MAX_ENTRIES) {
    this.maxEntries = maxEntries;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** What one record counts. */
  add(
    seq: number,
    hour: number,
    accessKeyId: string | null,
    requests: number,
    bytes: number,
    tokens: number,
  ): void {
    const at = this.count * WIDTH;
    if (at === this.numbers.length) this.resize(2 * at);
    const { numbers } = this;
    numbers[at] = seq;
    numbers[at + 1] = seq;
    numbers[at + 2] = hour;
    numbers[at + 3] = requests;
    numbers[at + 4] = bytes;
    numbers[at + 5] = tokens;
    this.keys.push(accessKeyId);
    if (++this.count > this.maxEntries) this.putTogether();
  }

  /**
   * Forgets what a reading holds.
   * @param nextSeq the reading holds all records before this one
   * @returns false when it cannot be told apart, because a sum begins before `nextSeq` and ends after; nothing is changed then
   */
  forget(nextSeq: number): boolean {
    const { numbers, keys } = this;
    let kept = 0;
    for (let n = 0; n < this.count; n++) {
      if (numbers[n * WIDTH + 1]! >= nextSeq && numbers[n * WIDTH]! < nextSeq) return false;
    }
    for (let n = 0; n < this.count; n++) {
      if (numbers[n * WIDTH + 1]! < nextSeq) continue;
      numbers.copyWithin(kept * WIDTH, n * WIDTH, (n + 1) * WIDTH);
      keys[kept++] = keys[n]!;
    }
    this.count = kept;
    keys.length = kept;
    const room = Math.max(FIRST_ENTRIES, 2 * kept) * WIDTH;
    if (room * 4 < numbers.length) this.resize(room);
    return true;
  }

  list(): RecentUsage[] {
    const { numbers, keys } = this;
    return keys.map((accessKeyId, n) => {
      const at = n * WIDTH;
      return {
        firstSeq: numbers[at]!,
        lastSeq: numbers[at + 1]!,
        hour: numbers[at + 2]!,
        accessKeyId,
        requests: numbers[at + 3]!,
        bytes: numbers[at + 4]!,
        tokens: numbers[at + 5]!,
      };
    });
  }

  private putTogether(): void {
    const half = this.count >> 1;
    const { numbers, keys } = this;
    const sums = new Map<string, number>();
    let kept = 0;
    for (let n = 0; n < this.count; n++) {
      const from = n * WIDTH;
      const key = n < half ? `${numbers[from + 2]} ${keys[n]}` : "";
      const sum = sums.get(key);
      if (sum === undefined) {
        numbers.copyWithin(kept * WIDTH, from, from + WIDTH);
        keys[kept] = keys[n]!;
        if (n < half) sums.set(key, kept * WIDTH);
        kept++;
        continue;
      }
      numbers[sum + 1] = numbers[from + 1]!;
      for (let k = 3; k < WIDTH; k++) numbers[sum + k]! += numbers[from + k]!;
    }
    this.count = kept;
    keys.length = kept;
  }

  private resize(length: number): void {
    const numbers = new Float64Array(length);
    numbers.set(this.numbers.subarray(0, this.count * WIDTH));
    this.numbers = numbers;
  }
}
