import { afterAll, beforeAll } from "vitest";
import { createEndpoint, createTenant, type TestEndpoint, type TestTenant } from "../../db/testing/index.ts";
import { type ConnectorOptions, startConnector } from "../fixtures/connector-process.ts";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";
import { type RelayWorld, type RelayWorldOptions, relayWorld } from "./relay-world.ts";

/** A tenant with an endpoint, as a customer and the tests know it. */
export interface LabTenant extends TestTenant, TestEndpoint {
  /** The Host that a client sends, with the relay's port. */
  readonly host: string;
  readonly url: string;
}

/** A relay, a tenant with a live connector before a scripted upstream, and a second tenant with its own. */
export interface Lab {
  readonly world: RelayWorld;
  /** The relay's public port. */
  readonly port: number;
  readonly tenant: LabTenant;
  readonly host: string;
  readonly url: string;
  readonly upstream: Upstream;
  readonly connector: ManagedProcess;
  readonly otherHost: string;
  readonly otherUpstream: Upstream;
}

/** Registers the start and stop of a lab with the calling test file; its fields are there once the tests run. */
export async function tunnelLab(options: RelayWorldOptions = {}): Promise<Lab> {
  const world = await relayWorld(options);
  const parts = {} as {
    tenant: LabTenant;
    upstream: Upstream;
    connector: ManagedProcess;
    other: LabTenant;
    otherUpstream: Upstream;
  };

  beforeAll(async () => {
    parts.upstream = await startUpstream();
    parts.otherUpstream = await startUpstream();
    parts.tenant = await makeTenant(world);
    parts.other = await makeTenant(world);
    parts.connector = await connect(world, parts.tenant, { to: parts.upstream.url });
    await connect(world, parts.other, { to: parts.otherUpstream.url });
  });
  afterAll(async () => {
    await parts.upstream?.stop();
    await parts.otherUpstream?.stop();
  });

  return {
    world,
    get port() {
      return world.relay.port;
    },
    get tenant() {
      return parts.tenant;
    },
    get host() {
      return parts.tenant.host;
    },
    get url() {
      return parts.tenant.url;
    },
    get upstream() {
      return parts.upstream;
    },
    get connector() {
      return parts.connector;
    },
    get otherHost() {
      return parts.other.host;
    },
    get otherUpstream() {
      return parts.otherUpstream;
    },
  };
}

/** Writes a tenant with an active endpoint straight into the database. */
export async function makeTenant(
  world: RelayWorld,
  options: Parameters<typeof createEndpoint>[2] & { plan?: "free" | "pro" | "team" } = {},
): Promise<LabTenant> {
  const tenant = await createTenant(world.db, { plan: options.plan ?? "pro" });
  const endpoint = await createEndpoint(world.db, tenant, options);
  const host = `${endpoint.slug}.localhost:${world.relay.port}`;
  return { ...tenant, ...endpoint, host, url: `http://${host}` };
}

/** A live connector of the tenant; it is stopped with the world. */
export async function connect(
  world: RelayWorld,
  tenant: LabTenant,
  options: Partial<ConnectorOptions> = {},
): Promise<ManagedProcess> {
  const connector = await startConnector({
    licenseKey: tenant.licenseKey,
    slug: tenant.slug,
    portalUrl: world.portalUrl,
    configDir: world.scratchDir,
    ...options,
  });
  world.stopLater(connector);
  return connector;
}
