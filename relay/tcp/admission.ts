import { limitKey } from "../edge/address.ts";
import { createRateLimiter, type RateLimiter } from "../edge/rate-limit.ts";

export interface ClientLimitsOptions {
  /** New connections of one address to one tenant's tunnels in `windowMs`. */
  readonly ratePerWindow: number;
  readonly windowMs: number;
  /** Open connections of one address, all tunnels together. */
  readonly connectionsPerAddress: number;
  /** Epoch, ms. */
  now(): number;
}

/** How much one client address (IPv6: a /64) may do: scans and floods end here, before anything is looked up for them. */
export class ClientLimits {
  refused = 0;
  private readonly options: ClientLimitsOptions;
  private readonly rates: RateLimiter;
  private readonly open = new Map<string, number>();

  constructor(options: ClientLimitsOptions) {
    this.options = options;
    this.rates = createRateLimiter(options.windowMs, options.ratePerWindow);
  }

  /** Counts a new connection. @returns how to give its place back; null when it is one too many */
  enter(tenantId: string, address: string): (() => void) | null {
    const { connectionsPerAddress, now } = this.options;
    const key = limitKey(address);
    const at = now();
    const open = this.open.get(key) ?? 0;
    if (!this.rates.take(this.rates.bucket(tenantId, key, at), at) || open >= connectionsPerAddress) {
      this.refused++;
      return null;
    }
    this.open.set(key, open + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const now = (this.open.get(key) ?? 1) - 1;
      if (now === 0) this.open.delete(key);
      else this.open.set(key, now);
    };
  }

  /** Call now and then: forgets windows that are over. */
  sweep(): void {
    this.rates.sweep(this.options.now());
  }
}
