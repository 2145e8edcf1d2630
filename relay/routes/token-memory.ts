import { LRUCache } from "lru-cache";
import type { ConnectorClaims } from "../../server/connectors/index.ts";

/** Tokens remembered; one is about 500 bytes. */
const MAX_TOKENS = 20_000;

/**
 * Tokens that were good when last asked: a connector whose link breaks while Postgres is away may come back with the
 * same token. Holds hashes (`hashSecret`), no tokens. A change notice about a token, or about what it stands on, forgets it.
 */
export class TokenMemory {
  private readonly claims = new LRUCache<string, ConnectorClaims>({ max: MAX_TOKENS });

  remember(tokenHash: string, claims: ConnectorClaims): void {
    this.claims.set(tokenHash, claims);
  }

  /** The claims of a token that was good; null when it is not remembered or has expired. */
  recall(tokenHash: string, wallClock: number): ConnectorClaims | null {
    const claims = this.claims.get(tokenHash);
    return claims !== undefined && claims.expiresAt.getTime() > wallClock ? claims : null;
  }

  forget(fits: (claims: ConnectorClaims) => boolean): void {
    for (const [hash, claims] of [...this.claims.entries()]) if (fits(claims)) this.claims.delete(hash);
  }
}
