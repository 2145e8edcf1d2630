import { connectUpstream } from "../connector/upstream/connect.ts";
import { Dispatcher } from "../connector/upstream/dispatcher.ts";
import type { Log } from "../connector/upstream/log.ts";
import { parseUpstream } from "../connector/upstream/target.ts";
import { GoawayCode } from "../protocol/codes.ts";
import type { Tunnel } from "../routes/tunnel.ts";
import { checkUpstreamUrl } from "./check-upstream-url.ts";
import { createMemoryLink } from "./memory-link.ts";
import { createPublicResolver, type Lookup } from "./resolve-public.ts";

export interface DirectTunnelOptions {
  endpointId: string;
  /** `upstreamBaseUrl` of the endpoint. */
  upstreamBaseUrl: string;
  log: Log;
  /** Silence allowed before the response head, ms. */
  headTimeoutMs?: number;
  /** For tests: connect to any address. */
  allowPrivate?: boolean;
  /** For tests: instead of the system's resolver. */
  lookup?: Lookup;
}

/** A draining tunnel is looked at this often, ms. */
const DRAIN_STEP_MS = 1_000;

/** A tunnel without a connector; `close` when its endpoint changes or goes. */
export interface DirectTunnel extends Tunnel {
  /** Takes no new streams, lets running ones finish, then closes by itself. Idempotent. */
  drain(): void;
  /** Ends it and all its streams. Idempotent. */
  close(): void;
}

/**
 * Serves an endpoint from a public upstream by the relay itself, with the same dispatcher that a connector runs.
 * Each new connection resolves the name, refuses addresses outside of the public Internet and connects to the address
 * that was checked. Redirects are answers like any other: the client follows them, never the relay.
 *
 * @throws UpstreamUrlError when the URL is not acceptable
 */
export function createDirectTunnel(options: DirectTunnelOptions): DirectTunnel {
  const { endpointId, upstreamBaseUrl, log, headTimeoutMs, allowPrivate = false, lookup } = options;
  const target = allowPrivate ? parseUpstream(upstreamBaseUrl) : checkUpstreamUrl(upstreamBaseUrl);
  if (!allowPrivate) target.resolve = createPublicResolver(lookup);
  const dispatcher = new Dispatcher({ target, connect: connectUpstream, log, headTimeoutMs });
  const link = createMemoryLink(dispatcher.accept);
  let draining = false;
  const close = () => {
    link.close(GoawayCode.drain, "endpoint changed");
    dispatcher.close();
  };
  return {
    connectorId: null,
    endpointId,
    get outstanding() {
      return link.outstanding;
    },
    get accepting() {
      return !draining && link.accepting;
    },
    healthy: true,
    open: (kind, framing, head, end, events, length) =>
      draining ? null : link.open(kind, framing, head, end, events, length),
    drain() {
      if (draining) return;
      draining = true;
      const timer = setInterval(() => {
        if (link.outstanding > 0) return;
        clearInterval(timer);
        close();
      }, DRAIN_STEP_MS);
      timer.unref();
    },
    close,
  };
}
