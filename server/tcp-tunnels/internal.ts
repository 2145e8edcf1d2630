import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { PublicUrlConfig } from "../config.ts";
import type { TcpTunnelSummary } from "./schemas.ts";

/** A relay says every 15 s which ports it takes connections at; three missed and it does not count any more. */
export const SERVED_WINDOW_SECONDS = 45;

/** Tunnels of one tenant that are not released, with what a summary needs. */
export function tunnelsOfTenant(db: Db, tenantId: string) {
  const isRecent = sql`tcp_tunnels.served_at > now() - make_interval(secs => ${SERVED_WINDOW_SECONDS})`;
  return db
    .selectFrom("tcp_tunnels")
    .innerJoin("endpoints", "endpoints.id", "tcp_tunnels.endpoint_id")
    .select([
      "tcp_tunnels.id",
      "tcp_tunnels.endpoint_id",
      "tcp_tunnels.name",
      "tcp_tunnels.port",
      "tcp_tunnels.created_at",
      "endpoints.slug",
    ])
    .select(sql<boolean>`coalesce(tcp_tunnels.served_by is not null and ${isRecent}, false)`.as("served"))
    .select(sql<string | null>`case when ${isRecent} then tcp_tunnels.fault end`.as("fault"))
    .where("tcp_tunnels.tenant_id", "=", tenantId)
    .where("tcp_tunnels.released_at", "is", null);
}

export type TunnelRow = Awaited<ReturnType<ReturnType<typeof tunnelsOfTenant>["executeTakeFirstOrThrow"]>>;

export function toSummary(row: TunnelRow, config: PublicUrlConfig): TcpTunnelSummary {
  return {
    id: row.id,
    endpointSlug: row.slug,
    name: row.name,
    port: row.port,
    publicAddress: `${row.slug}.${config.endpointsBaseDomain}:${row.port}`,
    state: !row.served ? "offline" : row.fault === null ? "online" : "blocked",
    fault: row.fault,
    createdAt: row.created_at.toISOString(),
  };
}

/** Ranges of the tenant. */
export async function rangesOfTenant(db: Db, tenantId: string): Promise<{ first: number; last: number }[]> {
  return await db
    .selectFrom("tcp_ranges")
    .select(["first_port as first", "last_port as last"])
    .where("tenant_id", "=", tenantId)
    .orderBy("first_port")
    .execute();
}
