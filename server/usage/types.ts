import type { UsageSource, UsageStatus } from "../../db/schema/index.ts";
import type { RequestBlock } from "../requests/index.ts";

/** Tokens of one request, or of one part of it. Whole numbers, never negative. */
export interface UsageTokens {
  /** Which LLM interface, e.g. `openai_chat`. */
  readonly apiKind: string;
  readonly model: string | null;
  /** All input, cached or not. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  /** All output, reasoning too. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly source: UsageSource;
  readonly status: UsageStatus;
  readonly finishReason: string | null;
}

/**
 * What a relay's journal holds: one request, or one part of a long one. Bytes, durations and tokens are those of this
 * part alone, so that the parts of a request add up to it. All numbers are whole.
 */
export interface UsageRecord {
  readonly requestId: string;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly accessKeyId: string | null;
  readonly connectorId: string | null;
  readonly relayId: string;
  /** 0, 1, 2 …; a request that was never settled in between has part 0 only. */
  readonly part: number;
  /** The request has ended with it. A relay that was killed leaves streams without a final part. */
  readonly final: boolean;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** 0 while nothing has been answered. */
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of the request, epoch, ms: the same in all parts. */
  readonly startedAt: number;
  /** Of this part, epoch, ms: says which hour it belongs to. */
  readonly endedAt: number;
  readonly durationMs: number;
  /** These three are of the request, not of the part. */
  readonly queueMs: number;
  readonly upstreamMs: number;
  /** Null when the connector does not tell: then it is in `upstreamMs`. */
  readonly tunnelMs: number | null;
  readonly clientAddress: string;
  readonly errorCode: string | null;
  readonly clientAborted: boolean;
  /** It was handed to an upstream; if not, we answered it ourselves: it is logged, and not counted. */
  readonly forwarded: boolean;
  readonly usage: UsageTokens | null;
}

/** What plain requests of one endpoint, key and hour come to. All numbers are whole. */
export interface PlainSum {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly accessKeyId: string | null;
  /** Its beginning, epoch, ms. */
  readonly hour: number;
  /** 0 when all of them were answered by us: they are logged, and not counted. */
  requests: number;
  errors: number;
  bytesIn: number;
  bytesOut: number;
  connectionMs: number;
}

/** Requests in one part and without tokens, ready for Postgres: blocks of the request log, and what they come to. */
export interface PlainRows {
  readonly count: number;
  readonly blocks: readonly RequestBlock[];
  /** Of the blocks, one behind the other. */
  readonly lines: Buffer;
  readonly sums: readonly PlainSum[];
}

/** Records of a journal that cannot be read any more. */
export interface MissingRecords {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: string;
}

/** Consecutive records of one journal; what is neither in `records` nor in `plain` is in `missing`. */
export interface UsageBatch {
  readonly journalId: string;
  readonly relayId: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** SHA-256, hex, of the CRC-32 of each record as it stands in the journal, four bytes each, little-endian. */
  readonly checksum: string;
  readonly records: readonly UsageRecord[];
  /** Left out: all of them are in `records`. */
  readonly plain?: PlainRows;
  readonly missing?: readonly MissingRecords[];
}

/** A batch that does not continue its journal; nothing of it was applied. */
export class UsageBatchRefused extends Error {
  /** `gap`: records before it have not been applied; `overlap`: some of its own have. */
  readonly reason: "gap" | "overlap" | "malformed";
  /** The record that the database waits for. */
  readonly nextSeq: number;

  constructor(reason: "gap" | "overlap" | "malformed", batch: UsageBatch, nextSeq: number) {
    super(
      `usage batch ${batch.firstSeq}-${batch.lastSeq} of journal ${batch.journalId} refused: ${reason}, ${nextSeq} is next`,
    );
    this.name = "UsageBatchRefused";
    this.reason = reason;
    this.nextSeq = nextSeq;
  }
}
