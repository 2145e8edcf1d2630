import type { UsageRecord, UsageTokens } from "../../server/usage/index.ts";
import type { TokenUsage } from "./token-usage.ts";
import type { RequestRecord } from "./totals.ts";

/** What of an open request is in the journal already. */
export interface Settled {
  part: number;
  at: number;
  bytesIn: number;
  bytesOut: number;
  usage: TokenUsage | null;
}

/**
 * The record of a request whose bytes and time are all of it so far, less what is settled already. Times are whole and
 * never negative, whatever the clock did meanwhile. Its tokens are those of this part as they come.
 * @param settled null when nothing is
 */
export function toUsageRecord(
  record: RequestRecord & { tenantId: string; endpointId: string },
  relayId: string,
  settled: Settled | null,
  final: boolean,
): UsageRecord {
  const endedAt = record.startedAt + record.durationMs;
  return {
    requestId: record.requestId,
    tenantId: record.tenantId,
    endpointId: record.endpointId,
    accessKeyId: record.accessKeyId,
    connectorId: record.connectorId,
    relayId,
    part: settled === null ? 0 : settled.part + 1,
    final,
    method: record.method,
    path: record.path,
    status: record.status,
    bytesIn: settled === null ? record.bytesIn : record.bytesIn - settled.bytesIn,
    bytesOut: settled === null ? record.bytesOut : record.bytesOut - settled.bytesOut,
    startedAt: record.startedAt,
    endedAt,
    durationMs: count(settled === null ? record.durationMs : endedAt - settled.at),
    queueMs: count(record.queueMs),
    upstreamMs: count(record.upstreamMs),
    tunnelMs: record.tunnelMs === null ? null : count(record.tunnelMs),
    clientAddress: record.clientAddress,
    errorCode: record.errorCode,
    clientAborted: record.clientAborted,
    forwarded: record.forwarded,
    usage: record.usage === null ? null : lessSettled(record.usage, settled?.usage ?? null),
  };
}

function lessSettled(usage: TokenUsage, settled: TokenUsage | null): UsageTokens {
  if (settled === null) return usage;
  const less = (
    name: "inputTokens" | "cachedTokens" | "cacheWriteTokens" | "outputTokens" | "reasoningTokens",
  ) => usage[name] - settled[name];
  return {
    ...usage,
    inputTokens: less("inputTokens"),
    cachedTokens: less("cachedTokens"),
    cacheWriteTokens: less("cacheWriteTokens"),
    outputTokens: less("outputTokens"),
    reasoningTokens: less("reasoningTokens"),
  };
}

/** A clock that was set back makes no negative time, and a fraction no record that Postgres refuses. */
function count(ms: number): number {
  return ms > 0 ? Math.round(ms) : 0;
}
