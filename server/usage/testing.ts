import type { UsageBatch, UsageRecord, UsageTokens } from "./types.ts";

/** A record of a finished request, for tests. */
export function usageRecord(changes: Partial<UsageRecord> & { requestId: string }): UsageRecord {
  const endedAt = changes.endedAt ?? Date.UTC(2026, 10, 20, 12, 30);
  return {
    tenantId: "ten_1",
    endpointId: "ep_1",
    accessKeyId: null,
    connectorId: "con_1",
    relayId: "relay_1",
    part: 0,
    final: true,
    method: "POST",
    path: "/v1/chat/completions",
    status: 200,
    bytesIn: 10,
    bytesOut: 20,
    startedAt: endedAt - 30,
    endedAt,
    durationMs: 30,
    queueMs: 1,
    upstreamMs: 20,
    tunnelMs: 2,
    clientAddress: "192.0.2.1",
    errorCode: null,
    clientAborted: false,
    forwarded: true,
    usage: null,
    ...changes,
  };
}

/** Tokens of an LLM request, for tests. */
export function usageTokens(changes: Partial<UsageTokens> = {}): UsageTokens {
  return {
    apiKind: "openai_chat",
    model: "llama3",
    inputTokens: 100,
    cachedTokens: 40,
    cacheWriteTokens: 0,
    outputTokens: 7,
    reasoningTokens: 2,
    source: "provider",
    status: "complete",
    finishReason: "stop",
    ...changes,
  };
}

/** The next records of a journal, for tests. */
export function usageBatch(journalId: string, firstSeq: number, records: readonly UsageRecord[]): UsageBatch {
  const lastSeq = firstSeq + records.length - 1;
  return { journalId, relayId: "relay_1", firstSeq, lastSeq, checksum: "c0ffee", records };
}
