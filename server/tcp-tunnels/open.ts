import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ApiConfig, PortRange } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import { giveBlock, touchBlock } from "./blocks.ts";
import { rangesOfTenant, toSummary, tunnelsOfTenant } from "./internal.ts";
import { BLOCK_PORTS, choosePort, holds, type UsedPort } from "./ports.ts";
import { OpenTcpTunnelInput, type OpenTcpTunnelOutput } from "./schemas.ts";

/**
 * Gives a name of an endpoint its public port. Idempotent: a name that has a port keeps it, and one that was released
 * gets its old port again as long as that is free and still the tenant's.
 *
 * @throws DomainError precondition/tcp_not_configured; not_found/endpoint_not_found; conflict/tcp_needs_connector for an
 *   endpoint that forwards by itself; limit/plan_limit with `limit` and `used`; conflict/tcp_port_taken and
 *   forbidden/tcp_port_not_yours for a wished port; unavailable/tcp_ports_used_up
 */
export async function openTcpTunnel(args: {
  ctx: RequestContext;
  input: OpenTcpTunnelInput;
  config: ApiConfig;
}): Promise<OpenTcpTunnelOutput> {
  const { ctx, config } = args;
  requirePermission(ctx, "connectors:write");
  const input = OpenTcpTunnelInput.parse(args.input);
  const all = config.tcpPorts;
  if (all === null) throw notConfigured();
  return inTransaction(ctx.db, async (tx) => {
    const endpoint = await getEndpointBySlug(tx, ctx.tenantId, input.endpointSlug, "endpointSlug");
    if (endpoint.upstream_base_url !== null) throw needsConnector();
    await requireGoodStanding(tx, ctx.tenantId);
    // One at a time for each tenant: the plan's limit is counted under it.
    const license = await lockActiveLicense(tx, ctx.tenantId);
    const tunnels = await tunnelsOfTenant(tx, ctx.tenantId).execute();
    const mine = tunnels.find(({ endpoint_id, name }) => endpoint_id === endpoint.id && name === input.name);
    const staysWhereItIs =
      mine !== undefined && holds([all], mine.port) && (input.port === undefined || input.port === mine.port);
    if (staysWhereItIs) {
      await touchBlock(tx, mine.port);
      return { tunnel: toSummary(mine, config) };
    }
    // It moves: the operator's range is another one now, or it asks for another port.
    if (mine !== undefined) await giveBack(tx, mine.id);
    const limit = planOf(license.plan).tcpPorts;
    const used = tunnels.length - (mine === undefined ? 0 : 1);
    if (used >= limit) throw planLimit(limit, used);
    const wanted = { endpointId: endpoint.id, name: input.name };
    const port = await findPort(tx, ctx.tenantId, all, { ...wanted, port: input.port }, limit - used);
    await touchBlock(tx, port);
    const id = newId("tcp");
    await tx
      .insertInto("tcp_tunnels")
      .values({ id, tenant_id: ctx.tenantId, endpoint_id: endpoint.id, name: input.name, port })
      .execute();
    const { slug } = endpoint;
    await recordAudit(tx, ctx, {
      action: "tcp_tunnel.open",
      subject: id,
      detail: { slug, name: input.name, port },
    });
    await notifyChange(tx, { type: "endpoint", endpointId: endpoint.id, slug, tenantId: ctx.tenantId });
    const row = await tunnelsOfTenant(tx, ctx.tenantId)
      .where("tcp_tunnels.id", "=", id)
      .executeTakeFirstOrThrow();
    return { tunnel: toSummary(row, config) };
  });
}

/** @param left ports that the plan still allows: a block is not larger */
async function findPort(
  tx: Tx,
  tenantId: string,
  all: PortRange,
  wanted: { endpointId: string; name: string; port: number | undefined },
  left: number,
): Promise<number> {
  const own = (await rangesOfTenant(tx, tenantId)).flatMap((range) => {
    const first = Math.max(range.first, all.first);
    const last = Math.min(range.last, all.last);
    return first <= last ? [{ first, last }] : [];
  });
  const history = await tx
    .selectFrom("tcp_tunnels")
    .select(["port", "released_at as releasedAt", "endpoint_id as endpointId", "name"])
    .where("tenant_id", "=", tenantId)
    .execute();
  if (wanted.port !== undefined) return wishedPort(own, history, wanted.port);
  const port = choosePort(own, history, wanted);
  if (port !== null) return port;
  const block = await giveBlock(tx, { tenantId, all, own, size: Math.min(left, BLOCK_PORTS) });
  if (block !== null) return block.first;
  throw new DomainError(
    "unavailable",
    "tcp_ports_used_up",
    "no port for TCP tunnels is free at the moment: the operator of this installation can add some",
  );
}

function wishedPort(own: readonly PortRange[], history: readonly UsedPort[], port: number): number {
  if (!holds(own, port)) {
    throw new DomainError(
      "forbidden",
      "tcp_port_not_yours",
      `port ${port} is not one of those kept for you`,
      {
        field: "port",
        ranges: own,
      },
    );
  }
  if (history.some((used) => used.port === port && used.releasedAt === null)) {
    throw new DomainError("conflict", "tcp_port_taken", `port ${port} has a tunnel already`, {
      field: "port",
    });
  }
  return port;
}

/** Ends a tunnel within a transaction. */
export async function giveBack(tx: Tx, tunnelId: string): Promise<void> {
  await tx
    .updateTable("tcp_tunnels")
    .set({ released_at: sql`now()`, served_by: null, served_at: null, fault: null })
    .where("id", "=", tunnelId)
    .execute();
}

function notConfigured(): DomainError {
  return new DomainError(
    "precondition",
    "tcp_not_configured",
    "this installation has no ports for TCP tunnels: its operator can set RELAY_TCP_PORTS",
  );
}

function needsConnector(): DomainError {
  return new DomainError(
    "conflict",
    "tcp_needs_connector",
    "this endpoint forwards without a connector, and TCP tunnels need one: remove its upstream URL first",
  );
}

function planLimit(limit: number, used: number): DomainError {
  const noun = limit === 1 ? "TCP port" : "TCP ports";
  return new DomainError("limit", "plan_limit", `your plan allows ${limit} ${noun}`, { limit, used });
}
