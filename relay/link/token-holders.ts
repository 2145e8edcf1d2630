import { LRUCache } from "lru-cache";
import type { TokenReuse } from "../../server/connectors/index.ts";
import { GoawayCode, ProtocolError } from "../protocol/codes.ts";
import type { Link } from "./link.ts";

/**
 * What happens when a second program comes with a token that is in use: `allow` lets it in, `refuse` turns it away,
 * `kick` ends both and revokes the token, which the one with the license key replaces by itself and a thief cannot.
 */
export type ReplayPolicy = TokenReuse["decision"];

/** Reuses told of; each pair of programs once. */
const MAX_TOLD = 10_000;
/** Tokens that were kicked, for as long as Postgres may take to say so itself. */
const MAX_KICKED = 10_000;
const REASON = "this token is used by another program; ask for a new one";

export interface TokenHoldersOptions {
  readonly policy: ReplayPolicy;
  /** Each pair of programs is told once. Must not throw. */
  onReuse(reuse: TokenReuse): void;
}

/**
 * Knows one program that uses a token from another: by the `instance` of its HELLO, which a thief of the token does not
 * have; without one, by the address.
 */
export class TokenHolders {
  /** Links that came with a token that another program was using. */
  reuses = 0;
  private readonly options: TokenHoldersOptions;
  private readonly told = new LRUCache<string, true>({ max: MAX_TOLD });
  private readonly kicked = new LRUCache<string, true>({ max: MAX_KICKED });

  constructor(options: TokenHoldersOptions) {
    this.options = options;
  }

  isKicked(connectorId: string): boolean {
    return this.kicked.has(connectorId);
  }

  /**
   * A link said HELLO. @param others ready links with the same token
   * @throws ProtocolError when it may not stay
   */
  check(link: Link, others: Iterable<Link>): void {
    if (this.isKicked(link.connectorId)) throw new ProtocolError(GoawayCode.unauthorized, REASON);
    const all = [...others];
    const first = all.find((other) => holderOf(other) !== holderOf(link));
    if (first === undefined) return;
    this.reuses++;
    const { policy } = this.options;
    const { connectorId, claims } = link;
    const pair = `${connectorId} ${holderOf(first)} ${holderOf(link)}`;
    if (!this.told.has(pair)) {
      this.told.set(pair, true);
      this.options.onReuse({
        connectorId,
        tenantId: claims.tenantId,
        linkId: link.linkId,
        firstAddress: first.clientAddress,
        secondAddress: link.clientAddress,
        decision: policy,
      });
    }
    if (policy === "allow") return;
    if (policy === "kick") {
      this.kicked.set(connectorId, true);
      for (const other of all) other.close(GoawayCode.unauthorized, REASON);
    }
    throw new ProtocolError(GoawayCode.unauthorized, REASON);
  }
}

const holderOf = ({ hello, clientAddress }: Link) => hello?.instance ?? `address ${clientAddress}`;
