import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import type { Db } from "../../db/client.ts";
import { billingOff } from "../billing/index.ts";
import { createChangeHub } from "../change-hub.ts";
import type { ApiConfig } from "../config.ts";
import type { RequestContext } from "../context.ts";
import type { DomainDeps } from "../domains/index.ts";
import { hubsOff } from "../hubs/index.ts";
import { createMemoryLimiter, type Door, type Limit, limits } from "../limits/index.ts";
import { type ApiDeps, type ContextInput, createContext, type SessionIdentity } from "../trpc/context.ts";
import { createRestHandler } from "../trpc/rest/index.ts";
import { createCaller } from "../trpc/root.ts";

/** Settings as a local run has them. */
export const testConfig: ApiConfig = {
  endpointsBaseDomain: "localhost",
  endpointsPublicScheme: "http",
  endpointsPublicPort: 8789,
  portalUrl: "http://localhost:3000",
  relayWsUrl: "ws://localhost:8789/ws/connect",
  relayInternalSecret: "internal-secret-for-tests-0123456789abcdef",
  relayConnectorSigningSecret: "signing-secret-for-tests-0123456789abcdef",
  relayConnectorTtlSeconds: 604_800,
  reservedSlugs: [],
  brandNames: [],
  allowPrivateUpstreams: false,
  tcpPorts: { first: 20_000, last: 20_999 },
};

/** Limits that a test never meets, unless it asks for them. */
export const openLimits = Object.fromEntries(
  Object.keys(limits).map((door) => [door, { seconds: 60, perAddress: 1e6, perTenant: 1e6 }]),
) as Record<Door, Limit>;

/** One line of the log that a procedure wrote. */
export interface LoggedLine {
  level: "info" | "warn" | "error";
  fields: Record<string, unknown>;
  message: string;
}

/** No name has any record. */
const emptyDns: DomainDeps = {
  resolver: { txt: async () => [], cname: async () => null, addresses: async () => [] },
  certificates: null,
};

/** Dependencies of the API over a test database, with what it logs. */
export function makeDeps(db: Db, overrides: Partial<ApiDeps> = {}): ApiDeps & { lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const write = (level: LoggedLine["level"]) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message });
  };
  return {
    db,
    config: testConfig,
    log: { info: write("info"), warn: write("warn"), error: write("error") },
    limiter: createMemoryLimiter(openLimits),
    changes: createChangeHub(),
    billing: billingOff,
    domains: emptyDns,
    hubs: hubsOff,
    ...overrides,
    lines,
  };
}

/** The context a verb takes, for the owner of a tenant. */
export function ownerContext(db: Db, tenant: { tenantId: string; userId: string }): RequestContext {
  return { tenantId: tenant.tenantId, userId: tenant.userId, permissions: ["*"], requestId: "req-test", db };
}

/** The session of a user of a tenant. */
export function sessionOf(tenant: { tenantId: string; userId: string; email: string }): SessionIdentity {
  return { userId: tenant.userId, name: "Owner", email: tenant.email, activeTenantId: tenant.tenantId };
}

/** A tRPC caller, by default of nobody. */
export function callerOf(deps: ApiDeps, input: Partial<Omit<ContextInput, "deps">> = {}) {
  return createCaller(
    createContext({ deps, requestId: "req-test", clientAddress: "192.0.2.1", session: null, ...input }),
  );
}

/** The REST handler on a real HTTP server; `x-test-user` stands in for the session cookie. */
export async function startRest(
  deps: ApiDeps,
  sessions: Record<string, SessionIdentity> = {},
): Promise<string> {
  const handler = createRestHandler({
    deps,
    identify: async (req) => ({
      requestId: "req-rest",
      clientAddress: "192.0.2.1",
      session: sessions[String(req.headers["x-test-user"])] ?? null,
    }),
  });
  const server = createServer((req, res) => void handler(req, res));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
