import { randomBytes } from "node:crypto";
import type { ConnectorVerdict } from "../../server/connectors/index.ts";
import type { Route } from "../../server/endpoints/index.ts";
import type { Log } from "../log.ts";
import { GoawayCode, goawayName, ProtocolError } from "../protocol/codes.ts";
import { MAX_LINKS, PROCESS_WINDOW_BYTES } from "../protocol/limits.ts";
import { WindowBudget } from "../protocol/receive-window.ts";
import type { TokenMemory } from "../routes/token-memory.ts";
import type { RawConnection } from "../routes/tunnel.ts";
import type { TunnelRegistry } from "../routes/tunnel-registry.ts";
import { type Admission, admitConnector } from "./admission.ts";
import { Attempts } from "./attempts.ts";
import { acceptance, type LinkRequest, type Refusal, refusalResponse } from "./handshake.ts";
import { Link, type LinkHost } from "./link.ts";
import { draining, meanings } from "./refusals.ts";
import { TokenHolders, type TokenHoldersOptions } from "./token-holders.ts";

/** A refused client has this long to read its answer, ms. */
const REFUSAL_LINGER_MS = 2_000;
/** Where notices come all the time, a token is not looked at more often than this. */
const MAX_LOOKS = 3;

export interface LinkRoomOptions {
  /** `verifyConnectorToken` of server/connectors. */
  verify(token: string): Promise<ConnectorVerdict>;
  lookupRoute(slug: string): Route | null | Promise<Route | null>;
  registry: TunnelRegistry;
  /** Verdicts that hold while Postgres is away. */
  memory: TokenMemory;
  publicBaseUrlOf(slug: string): string;
  /** Links of a connector came or went. */
  onConnectorChange(connectorId: string): void;
  /** What to do about a token with two users; absent: nothing. */
  holders?: TokenHoldersOptions;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallClock(): number;
  schedule(task: () => void): void;
  /** Waits before a wrong token is answered. */
  delay(ms: number): Promise<void>;
  log: Log;
}

export interface LinkRoomCounts {
  accepted: number;
  refused: Map<string, number>;
  ended: Map<string, number>;
}

/** All links of this relay: lets connectors in, keeps them alive, ends them. */
export class LinkRoom implements LinkHost {
  readonly counts: LinkRoomCounts = { accepted: 0, refused: new Map(), ended: new Map() };
  private readonly options: LinkRoomOptions;
  readonly holders: TokenHolders;
  private readonly attempts: Attempts;
  /** Every open socket of a link, ready or not. */
  private readonly links = new Set<Link>();
  /** Links that are ready, by connector. */
  private readonly ready = new Map<string, readonly Link[]>();
  readonly now: () => number;
  readonly schedule: (task: () => void) => void;
  readonly windowBudget = new WindowBudget(PROCESS_WINDOW_BYTES);
  private draining = false;
  /** Times that tokens became doubtful. */
  private doubts = 0;

  constructor(options: LinkRoomOptions) {
    this.options = options;
    this.now = options.now;
    this.schedule = options.schedule;
    this.attempts = new Attempts(options.now);
    this.holders = new TokenHolders(options.holders ?? { policy: "allow", onReuse: () => undefined });
  }

  /** Takes over a connection that asked for a link: answers 101 and serves it, or refuses it and closes. */
  acceptLink(conn: RawConnection, request: LinkRequest, rest: Uint8Array): void {
    const state = { gone: false };
    conn.takeOver({
      onData: () => conn.terminate(),
      onDrain: () => undefined,
      onEnd: () => conn.terminate(),
      onClose: () => {
        state.gone = true;
      },
    });
    // A connector speaks after the 101 only; what it sends earlier waits in the kernel.
    conn.pause();
    if (this.draining) {
      this.refuse(conn, request, draining);
      return;
    }
    this.admit(request).then(
      (admission) => {
        if (state.gone) return;
        if (this.draining) this.refuse(conn, request, draining);
        else if (!admission.ok) this.refuse(conn, request, admission.refusal);
        else if (this.holders.isKicked(admission.claims.connectorId))
          this.refuse(conn, request, meanings.revoked.refusal);
        else this.start(conn, request, rest, admission.key, admission.tokenHash, admission.claims);
      },
      (error: unknown) => {
        this.options.log.error({ err: error }, "link handshake failed");
        conn.terminate();
      },
    );
  }

  /** Tokens have become doubtful: those that are looked at now are looked at again. */
  doubt(): void {
    this.doubts++;
  }

  private async admit(request: LinkRequest): Promise<Admission> {
    const deps = { ...this.options, attempts: this.attempts };
    for (let looks = 1; ; looks++) {
      const { doubts } = this;
      const admission = await admitConnector(request, deps);
      if (!admission.ok || doubts === this.doubts || looks === MAX_LOOKS) return admission;
    }
  }

  /** Links that are ready, of one connector; the oldest first. */
  linksOf(connectorId: string): Link[] {
    return [...(this.ready.get(connectorId) ?? [])];
  }

  /** Connectors with at least one ready link. */
  connectorIds(): string[] {
    return [...this.ready.keys()];
  }

  /** Open sockets, streams on them, and connectors. */
  get totals(): { links: number; streams: number; connectors: number } {
    let streams = 0;
    for (const link of this.links) streams += link.outstanding;
    return { links: this.links.size, streams, connectors: this.ready.size };
  }

  /** All links whose claims fit, ready or not. */
  select(fits: (link: Link) => boolean): Link[] {
    return [...this.links].filter(fits);
  }

  /** Call every second. */
  tick(wallClock: number): void {
    for (const link of this.links) {
      link.tick();
      if (link.claims.expiresAt.getTime() <= wallClock && link.accepting) {
        link.retire(GoawayCode.unauthorized, "the connector token has expired");
      }
    }
  }

  /** Tells every connector to go elsewhere and lets no new one in. Links serve on until `retire`. */
  drain(): void {
    this.draining = true;
    for (const link of this.links) link.announceEnd(GoawayCode.drain, "this relay is stopping");
  }

  /** No new streams; each link closes with its last one. */
  retire(): void {
    for (const link of [...this.links]) link.retire(GoawayCode.drain, "this relay is stopping");
  }

  /** Ends what is left. */
  close(): void {
    this.draining = true;
    for (const link of this.links) link.close(GoawayCode.drain, "this relay has stopped");
  }

  private start(
    conn: RawConnection,
    request: LinkRequest,
    rest: Uint8Array,
    key: string,
    tokenHash: string,
    claims: Link["claims"],
  ): void {
    const { clientAddress } = request;
    const linkId = `lnk_${randomBytes(10).toString("hex")}`;
    const link = new Link(this, { conn, claims, tokenHash, linkId, clientAddress });
    this.links.add(link);
    this.counts.accepted++;
    conn.takeOver(link.socket);
    conn.write(acceptance(key));
    if (rest.length > 0) link.socket.onData(rest);
    conn.resume();
  }

  // What links tell.

  publicBaseUrlOf(slug: string): string {
    return this.options.publicBaseUrlOf(slug);
  }

  onGone(link: Link): void {
    this.links.delete(link);
  }

  onMeasured(link: Link): void {
    this.options.onConnectorChange(link.connectorId);
  }

  onReady(link: Link): void {
    const { registry, log } = this.options;
    const { connectorId, endpointId, claims, hello } = link;
    if (registry.linkCount(endpointId, connectorId) >= MAX_LINKS) {
      throw new ProtocolError(GoawayCode.tooManyLinks, `at most ${MAX_LINKS} links a connector`);
    }
    const others = this.ready.get(connectorId) ?? [];
    this.holders.check(link, others);
    this.ready.set(connectorId, [...others, link]);
    registry.add(link);
    log.info(
      { linkId: link.linkId, connectorId, endpointId, tenantId: claims.tenantId, agent: hello?.agent },
      "link ready",
    );
  }

  onDraining(link: Link): void {
    this.options.registry.remove(link);
    const links = this.ready.get(link.connectorId);
    if (!links?.includes(link)) return;
    if (links.length === 1) this.ready.delete(link.connectorId);
    else
      this.ready.set(
        link.connectorId,
        links.filter((other) => other !== link),
      );
    this.options.onConnectorChange(link.connectorId);
  }

  onState(link: Link, accepting: boolean, reason: string): void {
    const { linkId, connectorId, endpointId } = link;
    this.options.log.info({ linkId, connectorId, endpointId, accepting, reason }, "connector told its state");
  }

  onEnded(link: Link, code: number, reason: string): void {
    this.onDraining(link);
    const why = goawayName(code);
    this.counts.ended.set(why, (this.counts.ended.get(why) ?? 0) + 1);
    const { linkId, connectorId, endpointId } = link;
    const fields = { linkId, connectorId, endpointId, code: why, reason };
    if (
      code === GoawayCode.protocolError ||
      code === GoawayCode.flowControl ||
      code === GoawayCode.frameTooLarge
    ) {
      this.options.log.warn(fields, "link ended for breaking the protocol");
    } else {
      this.options.log.info(fields, "link ended");
    }
  }

  private refuse(conn: RawConnection, request: LinkRequest, refusal: Refusal): void {
    const requestId = `req_${randomBytes(13).toString("hex")}`;
    this.counts.refused.set(refusal.code, (this.counts.refused.get(refusal.code) ?? 0) + 1);
    this.options.log.info(
      { requestId, code: refusal.code, status: refusal.status, clientAddress: request.clientAddress },
      "link refused",
    );
    const timer = setTimeout(() => conn.terminate(), REFUSAL_LINGER_MS);
    // Reading on keeps a reset from overtaking the answer.
    conn.takeOver({
      onData: () => undefined,
      onDrain: () => undefined,
      onEnd: () => undefined,
      onClose: () => clearTimeout(timer),
    });
    conn.write(refusalResponse(refusal, requestId));
    conn.end();
    conn.resume();
  }
}
