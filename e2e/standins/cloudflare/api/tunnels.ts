import { randomBytes } from "node:crypto";
import type { Tunnel } from "../core/state.ts";
import { type Connector, newUuid, timestamp, type World } from "../core/world.ts";
import { bodyObject, type Call, type Route, route, textField } from "./call.ts";
import { page, Refusal, type Success } from "./envelope.ts";
import { readTunnelConfig } from "./tunnel-config.ts";

const READ = "Cloudflare Tunnel Read";
const WRITE = "Cloudflare Tunnel Write";
const BASE = "/accounts/:account/cfd_tunnel";

export const tunnelRoutes: readonly Route[] = [
  route(`POST ${BASE}`, WRITE, create),
  route(`GET ${BASE}`, READ, list),
  route(`GET ${BASE}/*`, READ, (call) => ({ result: shown(call.world, known(call)) })),
  route(`PATCH ${BASE}/*`, WRITE, edit),
  route(`DELETE ${BASE}/*`, WRITE, remove),
  // The run token is as good as write access: reading it takes the write permission.
  route(`GET ${BASE}/*/token`, WRITE, (call) => ({ result: runToken(call.world, live(call)) })),
  route(`PUT ${BASE}/*/configurations`, WRITE, configure),
  route(`GET ${BASE}/*/configurations`, READ, (call) => ({ result: configuration(call.world, live(call)) })),
  route(`GET ${BASE}/*/connections`, READ, connections),
  route(`DELETE ${BASE}/*/connections`, WRITE, cleanUp),
  route(`GET ${BASE}/*/connectors/*`, READ, connector),
];

/** What `cloudflared tunnel run --token` takes: base64 of JSON. */
export function runToken(world: World, tunnel: Tunnel): string {
  const parts = { a: world.accountId, t: tunnel.id, s: tunnel.secret };
  return Buffer.from(JSON.stringify(parts)).toString("base64");
}

export function statusOf(world: World, tunnel: Tunnel): "inactive" | "degraded" | "healthy" | "down" {
  const open = world.connectorsOf(tunnel.id).reduce((sum, { connections }) => sum + connections.length, 0);
  if (open >= 4) return "healthy";
  if (open > 0) return "degraded";
  return tunnel.activeAt === null ? "inactive" : "down";
}

function create(call: Call): Success {
  const { world } = call;
  const body = bodyObject(call);
  const name = textField(body, "name", 1_003);
  requireFreeName(world, name);
  const secret = body.tunnel_secret ?? randomBytes(32).toString("base64");
  const tunnel: Tunnel = {
    id: newUuid(),
    name,
    configSrc: body.config_src === "cloudflare" ? "cloudflare" : "local",
    secret: readSecret(secret),
    createdAt: timestamp(),
    deletedAt: null,
    usableAt: world.usableAt(),
    config: null,
    configVersion: -1,
    activeAt: null,
    inactiveAt: null,
    routes: false,
  };
  world.state.tunnels.push(tunnel);
  return { result: withSecrets(world, tunnel) };
}

function list({ world, query }: Call): Success {
  const wanted = (name: string, holds: (value: string) => boolean) => {
    const value = query.get(name);
    return value === null || holds(value);
  };
  const found = world.state.tunnels.filter(
    (tunnel) =>
      wanted("name", (name) => tunnel.name === name) &&
      wanted("uuid", (id) => tunnel.id === id) &&
      wanted("is_deleted", (deleted) => (tunnel.deletedAt !== null) === (deleted === "true")) &&
      wanted("include_prefix", (prefix) => tunnel.name.startsWith(prefix)) &&
      wanted("exclude_prefix", (prefix) => !tunnel.name.startsWith(prefix)) &&
      wanted("status", (status) => statusOf(world, tunnel) === status),
  );
  return page(
    found.map((tunnel) => shown(world, tunnel)),
    query,
    20,
  );
}

function edit(call: Call): Success {
  const { world } = call;
  const tunnel = live(call);
  const body = bodyObject(call);
  if (body.name !== undefined && body.name !== tunnel.name) {
    const name = textField(body, "name", 1_003);
    requireFreeName(world, name);
    tunnel.name = name;
  }
  if (body.tunnel_secret !== undefined) tunnel.secret = readSecret(body.tunnel_secret);
  return { result: withSecrets(world, tunnel) };
}

function remove(call: Call): Success {
  const { world, query } = call;
  const tunnel = known(call);
  if (tunnel.deletedAt !== null) throw notFound();
  const connected = world.connectorsOf(tunnel.id);
  if (connected.length > 0) {
    if (query.get("cascade") !== "true")
      throw new Refusal(
        400,
        1_022,
        "Cannot delete tunnel because it has active connections. Please run the `cleanup` command first.",
      );
    for (const one of connected) one.drop();
  }
  if (tunnel.routes && query.get("cascade") !== "true")
    throw new Refusal(400, 1_023, "Cannot delete tunnel because it has routes. Delete them first.");
  tunnel.deletedAt = timestamp();
  return { result: shown(world, tunnel) };
}

function configure(call: Call): Success {
  const { world } = call;
  const tunnel = live(call);
  const config = readTunnelConfig(bodyObject(call).config);
  tunnel.config = config;
  tunnel.configVersion += 1;
  for (const one of world.connectorsOf(tunnel.id)) one.configure();
  return { result: configuration(world, tunnel) };
}

function configuration(world: World, tunnel: Tunnel): object {
  return {
    account_id: world.accountId,
    tunnel_id: tunnel.id,
    version: Math.max(0, tunnel.configVersion),
    config: tunnel.config,
    source: tunnel.configSrc,
    created_at: tunnel.createdAt,
  };
}

function connections(call: Call): Success {
  const { id } = known(call);
  return { result: call.world.connectorsOf(id).map(client) };
}

function cleanUp(call: Call): Success {
  const { world, query } = call;
  const { id } = known(call);
  const only = query.get("client_id");
  for (const one of world.connectorsOf(id)) if (only === null || one.id === only) one.drop();
  return { result: {} };
}

function connector(call: Call): Success {
  const tunnel = known(call);
  const found = call.world.connectorsOf(tunnel.id).find(({ id }) => id === call.params[1]);
  if (!found) throw new Refusal(404, 1_000, "Connector not found");
  return { result: client(found) };
}

function client(one: Connector): object {
  return {
    id: one.id,
    version: one.version,
    arch: one.arch,
    run_at: one.runAt,
    features: [],
    config_version: one.configVersion,
    conns: one.connections.map(({ id, coloName, openedAt, originIp }) => ({
      id,
      uuid: id,
      colo_name: coloName,
      opened_at: openedAt,
      origin_ip: originIp,
      is_pending_reconnect: false,
      client_id: one.id,
      client_version: one.version,
    })),
  };
}

function shown(world: World, tunnel: Tunnel): object {
  return {
    id: tunnel.id,
    account_tag: world.accountId,
    name: tunnel.name,
    status: statusOf(world, tunnel),
    config_src: tunnel.configSrc,
    remote_config: tunnel.configSrc === "cloudflare",
    created_at: tunnel.createdAt,
    deleted_at: tunnel.deletedAt,
    conns_active_at: tunnel.activeAt,
    conns_inactive_at: tunnel.inactiveAt,
    // Deprecated, and about to be empty for everybody: nobody should lean on it.
    connections: [],
    tun_type: "cfd_tunnel",
    metadata: {},
  };
}

function withSecrets(world: World, tunnel: Tunnel): object {
  return {
    ...shown(world, tunnel),
    credentials_file: {
      AccountTag: world.accountId,
      TunnelID: tunnel.id,
      TunnelName: tunnel.name,
      TunnelSecret: tunnel.secret,
    },
    token: runToken(world, tunnel),
  };
}

/** Deleted ones included: they can still be read. */
function known({ world, params }: Call): Tunnel {
  const tunnel = world.state.tunnels.find(({ id }) => id === params[0]);
  if (!tunnel) throw notFound();
  return tunnel;
}

function live(call: Call): Tunnel {
  const tunnel = known(call);
  if (tunnel.deletedAt !== null) throw notFound();
  return tunnel;
}

function notFound(): Refusal {
  return new Refusal(404, 1_003, "Tunnel not found");
}

function requireFreeName(world: World, name: string): void {
  if (world.state.tunnels.some((tunnel) => tunnel.deletedAt === null && tunnel.name === name))
    throw new Refusal(409, 1_013, "You already have a tunnel with this name.");
}

function readSecret(value: unknown): string {
  if (typeof value !== "string" || Buffer.from(value, "base64").length < 32)
    throw new Refusal(400, 1_002, "tunnel_secret must be the base64 of at least 32 bytes");
  return value;
}
