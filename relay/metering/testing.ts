import { BLOCK_LINE_COLUMNS } from "../../server/requests/index.ts";
import { type UsageBatch, UsageBatchRefused } from "../../server/usage/index.ts";

const ID = BLOCK_LINE_COLUMNS.indexOf("id");

/** Request ids of a batch: those that are ready for Postgres, then the others. */
export function idsOf({ records, plain }: UsageBatch): string[] {
  const lines = plain?.lines.toString().split("\n").slice(0, -1) ?? [];
  return [...lines.map((line) => line.split("\t")[ID]!), ...records.map(({ requestId }) => requestId)];
}

/** Applies batches as `applyUsageBatch` does, in memory. */
export function createBooks() {
  const next = new Map<string, number>();
  const ids: string[] = [];
  const missing: [number, number, string][] = [];
  return {
    next,
    ids,
    missing,
    async apply(batch: UsageBatch): Promise<"applied" | "known"> {
      const nextSeq = next.get(batch.journalId) ?? 1;
      if (batch.lastSeq < nextSeq) return "known";
      if (batch.firstSeq !== nextSeq) {
        throw new UsageBatchRefused(batch.firstSeq > nextSeq ? "gap" : "overlap", batch, nextSeq);
      }
      next.set(batch.journalId, batch.lastSeq + 1);
      ids.push(...idsOf(batch));
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
