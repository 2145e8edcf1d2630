import { LRUCache } from "lru-cache";

/** Wrong tokens of one name (an address, an endpoint) are counted this long, ms. */
const WINDOW_MS = 60_000;
/** So many are answered at once. */
const FREE_ATTEMPTS = 3;
/** Then each answer waits, twice as long as the one before, up to the longest, ms. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 2_000;
/** From here on wrong tokens are refused as too many until the window is over. */
const MAX_ATTEMPTS = 10;
/** Names remembered; the oldest is forgotten first. */
const MAX_NAMES = 50_000;

/**
 * Counts wrong connector tokens. A right token is never refused for what others tried: behind one address there may be
 * many devices, and anybody can claim an endpoint's name.
 */
export class Attempts {
  private readonly counts: LRUCache<string, { count: number; until: number }>;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
    this.counts = new LRUCache({ max: MAX_NAMES });
  }

  /** How long the next answer to this name waits, ms. */
  delayMs(name: string): number {
    const excess = this.count(name) - FREE_ATTEMPTS;
    return excess < 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** excess, LONGEST_DELAY_MS);
  }

  /** Counts a wrong token. @returns ms until more are considered, 0 when this one gets its usual answer */
  fail(name: string): number {
    const now = this.now();
    let entry = this.counts.get(name);
    if (entry === undefined || entry.until <= now) {
      entry = { count: 0, until: now + WINDOW_MS };
      this.counts.set(name, entry);
    }
    entry.count++;
    return entry.count > MAX_ATTEMPTS ? entry.until - now : 0;
  }

  private count(name: string): number {
    const entry = this.counts.get(name);
    return entry === undefined || entry.until <= this.now() ? 0 : entry.count;
  }
}

/** One name for an address: all of an IPv6 /64 is one client. */
export function addressName(address: string): string {
  if (!address.includes(":") || address.includes(".")) return `address ${address}`;
  const [left = "", right] = address.split("%")[0]!.split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const groups =
    right === undefined
      ? head
      : [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return `network ${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}`;
}
