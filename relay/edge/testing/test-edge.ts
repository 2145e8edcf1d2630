import type { RequestRecord } from "../../metering/totals.ts";
import type { RawConnection } from "../../routes/tunnel.ts";
import type { AccessKeyResult, EdgeConfig, EdgeDeps, EdgeRoute, LinkRequest } from "../deps.ts";
import { createEdge } from "../edge.ts";
import { FakeClient } from "./fake-client.ts";
import { FakeTunnel } from "./fake-tunnel.ts";

export const INTERNAL_SECRET = "internal-secret-of-thirty-two-chars";

export const acme: EdgeRoute = {
  endpointId: "ep_acme",
  tenantId: "tenant_a",
  slug: "acme",
  state: "active",
  stateReason: null,
  requireAccessKey: false,
  // SHA-256 of "hs_ep_right0000token"
  endpointTokenHash: "5644f136407b745295cfa2c05707afae6daf5b9a8711e0a0ebb81c8f7dbccf71",
  upstreamBaseUrl: null,
  usageMode: "ask",
  limits: {
    maxBodyBytes: 1_000_000,
    maxHeadBytes: 32_768,
    maxTargetBytes: 16_384,
    maxConnectors: 2,
    maxConcurrentRequests: 100,
    requestsPerMinute: null,
  },
};

export interface TestEdgeOptions {
  config?: Partial<EdgeConfig>;
  deps?: Partial<EdgeDeps>;
  routes?: Record<string, EdgeRoute | Promise<EdgeRoute | null>>;
  /** By custom domain. */
  hosts?: Record<string, EdgeRoute | Promise<EdgeRoute | null>>;
  checkKey?: (secret: string) => AccessKeyResult | Promise<AccessKeyResult>;
}

/** An edge with one tunnel for `acme.localhost`, all of it in memory, and a clock that the test turns. */
export function createTestEdge(options: TestEdgeOptions = {}) {
  const tunnel = new FakeTunnel();
  const tunnels: FakeTunnel[] = [tunnel];
  const records: RequestRecord[] = [];
  const parts: RequestRecord[] = [];
  const links: { conn: RawConnection; request: LinkRequest; rest: string }[] = [];
  const errors: unknown[] = [];
  const waiting: ((found: boolean) => void)[] = [];
  const clock = { now: 1_800_000_000_000 };
  const routes = options.routes ?? { acme };
  const log = {
    info() {},
    warn() {},
    error: (fields: Record<string, unknown>) => void errors.push(fields.err),
  };
  const edge = createEdge({
    config: {
      baseDomain: "localhost",
      publicScheme: "http",
      publicPort: 8789,
      portalUrl: "http://localhost:3000",
      internalSecret: INTERNAL_SECRET,
      trustedProxies: ["10.0.0.0/8"],
      rateLimitWindowMs: 60_000,
      rateLimitMax: 1_000_000,
      graceMs: 10_000,
      sseCommentMs: 0,
      upstreamHeaderTimeoutMs: 300_000,
      maxConnectionsPerAddress: 2_000,
      ...options.config,
    },
    routes: {
      lookup: (slug) => routes[slug] ?? null,
      lookupHost: (host) => options.hosts?.[host] ?? null,
    },
    registry: {
      tunnels: () => tunnels,
      waitForTunnel: () => new Promise<boolean>((resolve) => waiting.push(resolve)),
      connectorCount: () => tunnels.length,
    },
    accessKeys: { version: 1, check: (_, secret) => options.checkKey?.(secret) ?? { ok: false } },
    meter: { finish: (record) => void records.push(record), part: (record) => void parts.push(record) },
    acceptLink: (conn, request, rest) => {
      conn.takeOver({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} });
      links.push({ conn, request, rest: Buffer.from(rest).toString("latin1") });
    },
    consolePage: ({ slug, online }) => `<p>${slug} ${online ? "online" : "offline"}</p>`,
    log,
    now: () => clock.now,
    ...options.deps,
  });

  function connect(address?: string): FakeClient {
    const client = new FakeClient(address);
    client.events = edge.accept(client)?.events ?? null;
    return client;
  }

  /** Turns the clock and lets the edge look at its timers. */
  function pass(ms: number): void {
    clock.now += ms;
    edge.sweep(clock.now);
  }

  return { edge, tunnel, tunnels, records, parts, links, errors, waiting, clock, connect, pass };
}

/** Lets promises and microtasks run. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Request head text: `get("/x", "X-A: 1")`. */
export function get(path = "/", ...fields: string[]): string {
  return request("GET", path, ...fields);
}

export function request(method: string, path: string, ...fields: string[]): string {
  return `${method} ${path} HTTP/1.1\r\nHost: acme.localhost\r\n${fields.map((f) => `${f}\r\n`).join("")}\r\n`;
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
