import { type UsageBatch, UsageBatchRefused, type UsageRecord } from "../../server/usage/index.ts";

/** Applies batches as `applyUsageBatch` does, in memory. */
export function createBooks() {
  const next = new Map<string, number>();
  const records: UsageRecord[] = [];
  const missing: [number, number, string][] = [];
  return {
    next,
    records,
    missing,
    get ids() {
      return records.map(({ requestId }) => requestId);
    },
    async apply(batch: UsageBatch): Promise<"applied" | "known"> {
      const nextSeq = next.get(batch.journalId) ?? 1;
      if (batch.lastSeq < nextSeq) return "known";
      if (batch.firstSeq !== nextSeq) {
        throw new UsageBatchRefused(batch.firstSeq > nextSeq ? "gap" : "overlap", batch, nextSeq);
      }
      next.set(batch.journalId, batch.lastSeq + 1);
      records.push(...batch.records);
      for (const one of batch.missing ?? []) missing.push([one.firstSeq, one.lastSeq, one.reason]);
      return "applied";
    },
  };
}

/** A log that keeps its messages. */
export function createMessages() {
  const messages: string[] = [];
  const note = (_fields: object, message: string) => void messages.push(message);
  return { messages, log: { info: note, warn: note, error: note } };
}
