import { createHash } from "node:crypto";
import {
  type MissingRecords,
  type UsageBatch,
  UsageBatchRefused,
  type UsageRecord,
} from "../../server/usage/index.ts";
import type { Log } from "../log.ts";

/** Records of one transaction at most: about 1 MB. */
const MAX_BATCH_RECORDS = 2_000;

/** Consecutive records that are ready to be handed over. */
export interface Portion {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly records: readonly UsageRecord[];
  /** Of `records`, in their order. */
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
   * @returns its records, or null when there was nothing to do
   * @throws when Postgres cannot be reached or fails: nothing was lost, try again
   */
  async step(): Promise<readonly UsageRecord[] | null> {
    const portion = await this.source.next(this.maxRecords);
    if (portion === null) return null;
    try {
      await this.options.apply(this.batchOf(portion));
    } catch (error) {
      if (error instanceof UsageBatchRefused && error.reason !== "malformed") {
        this.moveTo(error, portion);
        return [];
      }
      if (!isRefusedData(error)) throw error;
      await this.isolate(portion, error as Error);
      return portion.records;
    }
    this.settle(portion);
    return portion.records;
  }

  private settle(portion: Portion): void {
    for (const { firstSeq, lastSeq, reason, segment } of portion.missing) {
      this.damaged += lastSeq - firstSeq + 1;
      const fields = { journalId: this.source.journalId, firstSeq, lastSeq, reason, segment };
      this.options.log.error(fields, "usage records are damaged, their requests are not billed");
    }
    this.lastEndedAt = portion.records.at(-1)?.endedAt ?? this.lastEndedAt;
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
    if (portion.records.length > 1) {
      this.maxRecords = Math.ceil(portion.records.length / 2);
      return;
    }
    const { firstSeq, lastSeq } = portion;
    const missing = [{ firstSeq, lastSeq, reason: `refused: ${error.message}`, segment: "" }];
    const empty: Portion = { firstSeq, lastSeq, records: [], crcs: [], missing };
    await this.options.apply(this.batchOf(empty));
    this.settle(empty);
  }

  private batchOf({ firstSeq, lastSeq, records, crcs, missing }: Portion): UsageBatch {
    const { journalId, relayId } = this.source;
    return {
      journalId,
      relayId,
      firstSeq,
      lastSeq,
      checksum: checksumOf(crcs),
      records,
      missing: missing.map(({ firstSeq, lastSeq, reason }) => ({ firstSeq, lastSeq, reason })),
    };
  }
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
