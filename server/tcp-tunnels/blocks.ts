import { sql } from "kysely";
import type { Tx } from "../../db/client.ts";
import type { PortRange } from "../config.ts";
import { placeBlock } from "./ports.ts";

/** How long ports without a tunnel stay with their tenant when others need them: old clients still point at them. */
export const COOLDOWN_DAYS = 30;
/** Of the lock under which blocks are given out. */
const BLOCKS_LOCK = 20_261_123;

/**
 * Gives the tenant a block of ports and returns it; null when none is left. Only then are blocks taken back that have
 * had no tunnel for the cooldown.
 */
export async function giveBlock(
  tx: Tx,
  { tenantId, all, own, size }: { tenantId: string; all: PortRange; own: readonly PortRange[]; size: number },
): Promise<PortRange | null> {
  await sql`select pg_advisory_xact_lock(${BLOCKS_LOCK})`.execute(tx);
  let block = placeBlock(all, await takenRanges(tx), own, size);
  if (block === null) {
    await takeBackIdleBlocks(tx);
    block = placeBlock(all, await takenRanges(tx), own, size);
  }
  if (block === null) return null;
  await tx
    .insertInto("tcp_ranges")
    .values({ tenant_id: tenantId, first_port: block.first, last_port: block.last })
    .execute();
  return block;
}

/** The ports in question are in use as of now: their cooldown starts anew. */
export async function touchBlock(tx: Tx, port: number): Promise<void> {
  await tx
    .updateTable("tcp_ranges")
    .set({ last_used_at: sql`now()` })
    .where("first_port", "<=", port)
    .where("last_port", ">=", port)
    .execute();
}

async function takenRanges(tx: Tx): Promise<PortRange[]> {
  return await tx
    .selectFrom("tcp_ranges")
    .select(["first_port as first", "last_port as last"])
    .orderBy("first_port")
    .execute();
}

async function takeBackIdleBlocks(tx: Tx): Promise<void> {
  await sql`
    delete from tcp_ranges
      where last_used_at < now() - make_interval(days => ${COOLDOWN_DAYS})
        and not exists (
          select from tcp_tunnels
            where tcp_tunnels.released_at is null
              and tcp_tunnels.port between tcp_ranges.first_port and tcp_ranges.last_port
        )`.execute(tx);
}
