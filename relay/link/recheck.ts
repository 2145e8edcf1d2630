import type { ConnectorClaims, ConnectorVerdict } from "../../server/connectors/index.ts";
import type { Log } from "../log.ts";
import type { TokenMemory } from "../routes/token-memory.ts";
import type { Link } from "./link.ts";
import type { LinkRoom } from "./link-room.ts";
import { meanings } from "./refusals.ts";

/** Tokens asked about at the same time: a resync asks about all of them. */
const CONCURRENT = 8;
/** Postgres is asked again after this, ms, when it could not say. */
const RETRY_MS = 1_000;

export interface RecheckerOptions {
  room: LinkRoom;
  /** `verifyConnectorClaims` of server/connectors. */
  verify(claims: ConnectorClaims): Promise<ConnectorVerdict>;
  memory: TokenMemory;
  log: Log;
}

/**
 * Asks again whether the tokens of live links are good, after a change that may have made them bad, and ends the links
 * of those that are not. With change notices at work a revocation cuts links within milliseconds.
 */
export class Rechecker {
  private readonly options: RecheckerOptions;
  /** Tokens to ask about, by hash, each with a link that holds it. */
  private readonly waiting = new Map<string, Link>();
  private readonly later = new Map<string, Link>();
  private running = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: RecheckerOptions) {
    this.options = options;
  }

  /** Asks about every link whose claims fit. */
  check(fits: (claims: ConnectorClaims) => boolean): void {
    const { room, memory } = this.options;
    memory.forget(fits);
    room.doubt();
    for (const link of room.select((candidate) => fits(candidate.claims)))
      this.waiting.set(link.tokenHash, link);
    this.work();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.waiting.clear();
    this.later.clear();
  }

  private work(): void {
    while (this.running < CONCURRENT) {
      const next = this.waiting.entries().next();
      if (next.done) return;
      const [tokenHash, link] = next.value;
      this.waiting.delete(tokenHash);
      this.running++;
      this.ask(link).finally(() => {
        this.running--;
        this.work();
      });
    }
  }

  private async ask(asked: Link): Promise<void> {
    const { room, verify, memory, log } = this.options;
    let verdict: ConnectorVerdict;
    try {
      verdict = await verify(asked.claims);
    } catch (error) {
      log.warn({ err: error, connectorId: asked.connectorId }, "connector token not checked again yet");
      this.again(asked);
      return;
    }
    if (verdict.valid) {
      memory.remember(asked.tokenHash, asked.claims);
      return;
    }
    const { goaway, refusal } = meanings[verdict.reason];
    for (const link of room.select((candidate) => candidate.tokenHash === asked.tokenHash))
      link.close(goaway, refusal.message);
  }

  /** Puts a token back, but not at once: a dead Postgres must not be asked in a loop. */
  private again(link: Link): void {
    this.later.set(link.tokenHash, link);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      for (const [tokenHash, holder] of this.later) this.waiting.set(tokenHash, holder);
      this.later.clear();
      this.work();
    }, RETRY_MS);
  }
}
