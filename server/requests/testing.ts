import { copyField, type Db } from "../../db/client.ts";
import { BLOCK_LINE_COLUMNS } from "./line-columns.ts";
import type { RequestRow } from "./record.ts";
import { type RequestBlock, recordRequestBlocks } from "./record-blocks.ts";

/**
 * Writes rows as blocks, as a relay does: those of one owner and minute together, in the order given.
 * @param rows plain ones, their times whole milliseconds
 */
export async function recordAsBlocks(db: Db, rows: readonly RequestRow[]): Promise<void> {
  const blocks = new Map<string, RequestRow[]>();
  for (const row of rows) {
    const { tenant_id, endpoint_id, access_key_id, connector_id, relay_id, started_at } = row;
    const minute = started_at.toISOString().slice(0, 16);
    const key = JSON.stringify([tenant_id, endpoint_id, access_key_id, connector_id, relay_id, minute]);
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, [row]);
    else block.push(row);
  }
  const made = [...blocks.values()].map(blockOf);
  await recordRequestBlocks(
    db,
    made.map(({ block }) => block),
    Buffer.concat(made.map(({ lines }) => lines)),
  );
}

function blockOf(rows: RequestRow[]): { block: RequestBlock; lines: Buffer } {
  const [first] = rows;
  const lines = Buffer.from(rows.map(lineOf).join(""));
  const times = rows.map(({ started_at }) => started_at.getTime());
  const block = {
    tenantId: first!.tenant_id,
    endpointId: first!.endpoint_id,
    accessKeyId: first!.access_key_id ?? null,
    connectorId: first!.connector_id ?? null,
    relayId: first!.relay_id,
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
    requests: rows.length,
    forwarded: rows.filter(({ forwarded }) => forwarded !== false).length,
    bytes: lines.length,
  };
  return { block, lines };
}

function lineOf(row: RequestRow): string {
  const fields = BLOCK_LINE_COLUMNS.map((name) => {
    if (name === "forwarded") return row.forwarded === false ? "f" : "t";
    const value = row[name] ?? null;
    if (value instanceof Date) return value.toISOString();
    return copyField(value === null ? null : String(value));
  });
  return `${fields.join("\t")}\n`;
}
