import { createHash } from "node:crypto";
import {
  type MissingRecords,
  type PlainRows,
  type UsageBatch,
  UsageBatchRefused,
  type UsageRecord,
} from "../../server/usage/index.ts";
import type { Log } from "../log.ts";

/** Records of one transaction at most: about 1 MB, and a millisecond or two of the path's time to put together. */
const MAX_BATCH_RECORDS = 4_000;

/** Consecutive records that are ready to be handed over. */
export interface Portion {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly records: readonly UsageRecord[];
  /** Those that are not in `records`, when there are any. */
  readonly plain?: PlainRows;
  /** When the last of them ended, epoch, ms; 0 when there is none. */
  readonly endedAt: number;
  /** Of all records, in their order. */
  readonly crcs: readonly number[];
  readonly missing: readonly (MissingRecords & { readonly segment: string })[];
}

/** A journal as the hand-over sees it. */
export interface JournalSource {
  readonly journalId: string;
  readonly relayId: string;
  /** The next records, at most `max`; null when there are none. Gives the same ones until `settle` is called. */
  next(max: number): Promise<Portion | null>;
  /** All records before `nextSeq` are in Postgres; what follows comes next, also when it was given before. */
  settle(nextSeq: number): void;
}

export interface HandOverOptions {
  /** `applyUsageBatch` of server/usage. */
  apply(batch: UsageBatch): Promise<"applied" | "known">;
  readonly log: Log;
}

/** Moves the records of one journal to Postgres, batch by batch. Whoever else does the same does no harm. */
export class HandOver {
  /** Records found to be damaged, or refused for good. */
  damaged = 0;
  /** When the newest record that was handed over had ended, epoch ms. */
  lastEndedAt = 0;
  private readonly source: JournalSource;
  private readonly options: HandOverOptions;
  private maxRecords = MAX_BATCH_RECORDS;

  constructor(source: JournalSource, options: HandOverOptions) {
    this.source = source;
    this.options = options;
  }

  /**
   * Hands over one batch.
   * @returns the number of its records, or null when there was nothing to do
   * @throws when Postgres cannot be reached or fails: nothing was lost, try again
   */
  async step(): Promise<number | null> {
    const portion = await this.source.next(this.maxRecords);
    if (portion === null) return null;
    try {
      await this.options.apply(this.batchOf(portion));
    } catch (error) {
      if (error instanceof UsageBatchRefused && error.reason !== "malformed") {
        this.moveTo(error, portion);
        return 0;
      }
      if (!isRefusedData(error)) throw error;
      await this.isolate(portion, error as Error);
      return countOf(portion);
    }
    this.settle(portion);
    return countOf(portion);
  }

  private settle(portion: Portion): void {
    for (const { firstSeq, lastSeq, reason, segment } of portion.missing) {
      this.damaged += lastSeq - firstSeq + 1;
      const fields = { journalId: this.source.journalId, firstSeq, lastSeq, reason, segment };
      this.options.log.error(fields, "usage records are damaged, their requests are not billed");
    }
    this.lastEndedAt = portion.endedAt || this.lastEndedAt;
    this.maxRecords = Math.min(MAX_BATCH_RECORDS, this.maxRecords * 2);
    this.source.settle(portion.lastSeq + 1);
  }

  /** Somebody else has handed over part of it, or the database is a restored older one. */
  private moveTo(error: UsageBatchRefused, portion: Portion): void {
    const fields = { journalId: this.source.journalId, firstSeq: portion.firstSeq, nextSeq: error.nextSeq };
    this.options.log.warn(fields, "usage is handed over from where the database is");
    this.source.settle(error.nextSeq);
  }

  /** A record that Postgres cannot hold must not keep back those behind it: ever smaller batches find it. */
  private async isolate(portion: Portion, error: Error): Promise<void> {
    const count = countOf(portion);
    if (count > 1) {
      this.maxRecords = Math.ceil(count / 2);
      return;
    }
    const { firstSeq, lastSeq } = portion;
    const missing = [{ firstSeq, lastSeq, reason: `refused: ${error.message}`, segment: "" }];
    const empty: Portion = { firstSeq, lastSeq, records: [], endedAt: 0, crcs: [], missing };
    await this.options.apply(this.batchOf(empty));
    this.settle(empty);
  }

  private batchOf({ firstSeq, lastSeq, records, plain, crcs, missing }: Portion): UsageBatch {
    const { journalId, relayId } = this.source;
    return {
      journalId,
      relayId,
      firstSeq,
      lastSeq,
      checksum: checksumOf(crcs),
      records,
      ...(plain && { plain }),
      missing: missing.map(({ firstSeq, lastSeq, reason }) => ({ firstSeq, lastSeq, reason })),
    };
  }
}

function countOf({ records, plain }: Portion): number {
  return records.length + (plain?.count ?? 0);
}

/** What `usage_batches.checksum` holds, of the CRCs of its records as they stand in the journal. */
export function checksumOf(crcs: readonly number[]): string {
  const bytes = Buffer.alloc(crcs.length * 4);
  for (const [n, crc] of crcs.entries()) bytes.writeUInt32LE(crc, n * 4);
  return createHash("sha256").update(bytes).digest("hex");
}

/** SQLSTATE classes 22 and 23: the data itself is at fault, and will be again. */
function isRefusedData(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && /^2[23]\w{3}$/.test(code);
}
