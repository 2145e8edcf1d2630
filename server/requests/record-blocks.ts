import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** Plain requests of one owner, all begun in the same minute; their lines stand in one buffer with those of others. */
export interface RequestBlock {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly accessKeyId: string | null;
  readonly connectorId: string | null;
  readonly relayId: string;
  /** When the first and the last of them began, epoch, ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly requests: number;
  /** Those of them that were handed to an upstream. */
  readonly forwarded: number;
  /** Of its lines. */
  readonly bytes: number;
}

/**
 * Writes blocks of the request log, in the transaction that `db` is. All lines go to Postgres as they are and in one
 * piece, so that it has one statement to read, however many blocks there are, and no text to unescape.
 *
 * @param lines of all blocks, one block behind the other
 */
export async function recordRequestBlocks(
  db: Db,
  blocks: readonly RequestBlock[],
  lines: Buffer,
): Promise<void> {
  if (blocks.length === 0) return;
  let at = 1;
  const heads = blocks.map((block) => {
    const head = {
      tenant_id: block.tenantId,
      endpoint_id: block.endpointId,
      access_key_id: block.accessKeyId,
      connector_id: block.connectorId,
      relay_id: block.relayId,
      first_at: new Date(block.firstAt).toISOString(),
      last_at: new Date(block.lastAt).toISOString(),
      requests: block.requests,
      forwarded: block.forwarded,
      at,
      bytes: block.bytes,
    };
    at += block.bytes;
    return head;
  });
  await sql`
    insert into request_blocks (
      tenant_id, endpoint_id, access_key_id, connector_id, relay_id, first_at, last_at, requests, forwarded, lines
    )
    select
      tenant_id, endpoint_id, access_key_id, connector_id, relay_id, first_at, last_at, requests, forwarded,
      convert_from(substring(${lines}::bytea from at for bytes), 'UTF8')
    from json_to_recordset(${JSON.stringify(heads)}::json) as heads (
      tenant_id text, endpoint_id text, access_key_id text, connector_id text, relay_id text, first_at timestamptz,
      last_at timestamptz, requests integer, forwarded integer, at integer, bytes integer
    )`.execute(db);
}
