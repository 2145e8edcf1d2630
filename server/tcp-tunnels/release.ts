import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { COOLDOWN_DAYS, touchBlock } from "./blocks.ts";
import { tunnelsOfTenant } from "./internal.ts";
import { giveBack } from "./open.ts";
import { type ReleaseTcpTunnelOutput, TcpTunnelIdInput } from "./schemas.ts";

const DAY_MS = 86_400_000;

/**
 * Gives a tunnel's port back: its connections end at the commit. The port stays with the tenant for the cooldown.
 * @throws DomainError not_found/tcp_tunnel_not_found
 */
export async function releaseTcpTunnel(args: {
  ctx: RequestContext;
  input: TcpTunnelIdInput;
}): Promise<ReleaseTcpTunnelOutput> {
  const { ctx } = args;
  requirePermission(ctx, "endpoints:write");
  const { id } = TcpTunnelIdInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const row = await tunnelsOfTenant(tx, ctx.tenantId)
      .where("tcp_tunnels.id", "=", id)
      .forUpdate("tcp_tunnels")
      .executeTakeFirst();
    if (!row) throw new DomainError("not_found", "tcp_tunnel_not_found", "there is no such TCP tunnel");
    const { name, port, slug, endpoint_id: endpointId } = row;
    await giveBack(tx, id);
    await touchBlock(tx, port);
    await recordAudit(tx, ctx, { action: "tcp_tunnel.release", subject: id, detail: { slug, name, port } });
    await notifyChange(tx, { type: "endpoint", endpointId, slug, tenantId: ctx.tenantId });
    return { name, port, availableAt: new Date(Date.now() + COOLDOWN_DAYS * DAY_MS).toISOString() };
  });
}
