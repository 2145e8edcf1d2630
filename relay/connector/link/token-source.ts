import type { IssuedToken } from "../portal/client.ts";

/** A token is replaced this long before it expires, at most, ms: time to ride out a portal that is away. */
const MAX_MARGIN_MS = 3_600_000;

/** When to replace a token: a tenth of its life before its end, an hour at most. */
export function renewAt(issuedAt: number, expiresAt: number): number {
  return expiresAt - Math.min(MAX_MARGIN_MS, Math.max(0, expiresAt - issuedAt) / 10);
}

export interface HeldToken extends IssuedToken {
  /** Wall clock, ms. */
  renewAt: number;
}

/** One token for all links of this connector, issued when needed and shared while it is good. */
export class TokenSource {
  private readonly issue: () => Promise<IssuedToken>;
  private readonly now: () => number;
  private held: HeldToken | null = null;
  private asking: Promise<HeldToken> | null = null;

  /** @param now wall clock, ms */
  constructor(issue: () => Promise<IssuedToken>, now: () => number = Date.now) {
    this.issue = issue;
    this.now = now;
  }

  /** The present token, or a new one. Whatever the portal throws comes through, unless the old one is still valid. */
  async get(): Promise<HeldToken> {
    const { held } = this;
    if (held !== null && this.now() < held.renewAt) return held;
    try {
      return await this.renew();
    } catch (error) {
      if (held !== null && held === this.held && this.now() < held.expiresAt.getTime()) return held;
      throw error;
    }
  }

  /** A newer token than `token`, asked for unless it is here already. Throws what the portal throws. */
  async replace(token: HeldToken): Promise<HeldToken> {
    return this.held !== null && this.held !== token ? this.held : this.renew();
  }

  /** The relay does not take `token`: the next `get` asks for another, unless that has happened meanwhile. */
  reject(token: HeldToken): void {
    if (this.held === token) this.held = null;
  }

  private renew(): Promise<HeldToken> {
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async ask(): Promise<HeldToken> {
    const issuedAt = this.now();
    const token = await this.issue();
    this.held = { ...token, renewAt: renewAt(issuedAt, token.expiresAt.getTime()) };
    return this.held;
  }
}
