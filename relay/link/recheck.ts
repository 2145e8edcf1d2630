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
  verify(token: string): Promise<ConnectorVerdict>;
  memory: TokenMemory;
  log: Log;
}

/**
 * Asks again whether the tokens of live links are good, after a change that may have made them bad, and ends the links
 * of those that are not. With change notices at work a revocation cuts links within milliseconds.
 */
export class Rechecker {
  private readonly options: RecheckerOptions;
  /** Tokens to ask about, each with a link that holds it. */
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
    for (const link of room.select((candidate) => fits(candidate.claims))) this.waiting.set(link.token, link);
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
      const [token, link] = next.value;
      this.waiting.delete(token);
      this.running++;
      this.ask(token, link).finally(() => {
        this.running--;
        this.work();
      });
    }
  }

  private async ask(token: string, asked: Link): Promise<void> {
    const { room, verify, memory, log } = this.options;
    let verdict: ConnectorVerdict;
    try {
      verdict = await verify(token);
    } catch (error) {
      log.warn({ err: error, connectorId: asked.connectorId }, "connector token not checked again yet");
      this.again(token, asked);
      return;
    }
    if (verdict.valid) {
      memory.remember(token, verdict.claims);
      return;
    }
    const { goaway, refusal } = meanings[verdict.reason];
    for (const link of room.select((candidate) => candidate.token === token))
      link.close(goaway, refusal.message);
  }

  /** Puts a token back, but not at once: a dead Postgres must not be asked in a loop. */
  private again(token: string, link: Link): void {
    this.later.set(token, link);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      for (const [late, holder] of this.later) this.waiting.set(late, holder);
      this.later.clear();
      this.work();
    }, RETRY_MS);
  }
}
