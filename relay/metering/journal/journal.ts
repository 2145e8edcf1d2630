import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { UsageRecord } from "../../../server/usage/index.ts";
import { HEADER_BYTES, sealRecord } from "./format.ts";
import { newOwner, type Owner, SHOW_MS, showOwner, writeOwner } from "./owner.ts";
import { encodeRecord, mostBytes } from "./record-codec.ts";
import { SegmentStore } from "./segment-store.ts";

/** Records kept at hand, so that a hand-over that keeps up need not read the disk: with the segments that they stand in. */
const KEPT_RECORDS = 16_384;
/** Records that only memory has, while the disk takes none: 25 MB. The newest beyond are dropped. */
export const MAX_UNWRITTEN_RECORDS = 50_000;

export interface JournalOptions {
  /** The directory of all journals. */
  readonly root: string;
  readonly relayId: string;
  readonly syncMs: number;
  readonly segmentBytes?: number;
  readonly keptRecords?: number;
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** Consecutive records as they stand in the journal: each in one of `places`, from one of `offsets` on. */
export interface Taken {
  readonly firstSeq: number;
  readonly places: readonly Buffer[];
  readonly offsets: readonly number[];
}

/**
 * The journal of this process: each record is on the disk, or at least with the kernel, when `append` returns. The newest
 * are kept in memory too, for the hand-over.
 */
export class Journal {
  readonly journalId: string;
  readonly dir: string;
  /** Number that the next record gets. */
  nextSeq = 1;
  /** Records that found no room anywhere. */
  dropped = 0;
  writeErrors = 0;
  private readonly options: JournalOptions;
  private readonly store: SegmentStore;
  private readonly owner: Owner;
  private readonly shower: ReturnType<typeof setInterval>;
  /** Where records stand that are at hand, from `queueFrom` on; the first of them has the number `firstSeq`. */
  private places: Buffer[] = [];
  private offsets: number[] = [];
  private queueFrom = 0;
  private firstSeq = 1;
  /** All before it are written. */
  private unwrittenSeq = 1;
  /** All before it are handed over. */
  private settledSeq = 1;
  private isFailing = false;
  private reportedDropped = 0;

  private constructor(options: JournalOptions) {
    this.options = options;
    const time = Date.now().toString(36).padStart(9, "0");
    this.journalId = `jrn_${time}${randomBytes(8).toString("hex")}`;
    this.dir = join(options.root, this.journalId);
    this.owner = newOwner(options.relayId);
    this.store = new SegmentStore({
      dir: this.dir,
      syncMs: options.syncMs,
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
      onError: (error) => this.onError(error),
      onRoom: () => void this.onRoom(),
    });
    this.shower = setInterval(() => void this.show(), SHOW_MS);
  }

  /** Opens a new journal. A disk that takes nothing is reported and tried again; records wait in memory meanwhile. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    try {
      await mkdir(journal.dir, { recursive: true });
      await writeOwner(journal.dir, journal.owner);
    } catch (error) {
      journal.onError(error as Error);
    }
    await journal.store.prepare();
    return journal;
  }

  /** Bytes of its segments on the disk. */
  get bytes(): number {
    return this.store.bytes;
  }

  /** Records that only memory has: none, as long as the disk takes them. */
  get unwritten(): number {
    return this.nextSeq - this.unwrittenSeq;
  }

  /** Number of the oldest record in memory; the next number when there is none. */
  get memorySeq(): number {
    return this.firstSeq;
  }

  /** Stores one record. Never throws, never waits. */
  append(record: UsageRecord): void {
    const count = this.places.length - this.queueFrom;
    if (this.unwritten === 0) {
      if (count >= (this.options.keptRecords ?? KEPT_RECORDS)) this.forget(this.firstSeq + 1);
    } else {
      if (count >= MAX_UNWRITTEN_RECORDS && !this.forgetUnwritten()) {
        this.dropped++;
        return;
      }
      this.writeWaiting();
    }
    const seq = this.nextSeq++;
    const written = this.unwrittenSeq === seq ? this.store.write(seq, record) : null;
    if (written !== null) this.unwrittenSeq = seq + 1;
    this.places.push(written ?? alone(seq, record));
    this.offsets.push(written === null ? 0 : this.store.writtenAt);
  }

  /** Up to `max` records from `seq` on; null when memory does not have that one. */
  take(seq: number, max: number): Taken | null {
    if (seq < this.firstSeq || seq >= this.nextSeq) return null;
    const from = this.queueFrom + seq - this.firstSeq;
    return {
      firstSeq: seq,
      places: this.places.slice(from, from + max),
      offsets: this.offsets.slice(from, from + max),
    };
  }

  /** All records before `nextSeq` are in Postgres: memory need not keep those of them that are written. */
  settle(nextSeq: number): void {
    this.settledSeq = nextSeq;
    this.forget(Math.min(nextSeq, this.unwrittenSeq));
  }

  /** Ends writing; what was written is on the disk itself then, and the journal's end is known to readers. */
  async close(): Promise<void> {
    clearInterval(this.shower);
    for (let left = -1; left !== this.unwritten; ) {
      left = this.unwritten;
      if (left > 0) await this.store.prepare();
      this.writeWaiting();
    }
    await this.store.close();
    try {
      await writeOwner(this.dir, { ...this.owner, nextSeq: this.unwrittenSeq });
    } catch (error) {
      this.onError(error as Error);
    }
  }

  private forget(before: number): void {
    const count = Math.min(before, this.nextSeq) - this.firstSeq;
    if (count <= 0) return;
    this.queueFrom += count;
    this.firstSeq += count;
    // In large steps: taking from the front of an array moves all the rest.
    if (this.queueFrom < 4_096 && this.queueFrom < this.places.length) return;
    this.places = this.places.slice(this.queueFrom);
    this.offsets = this.offsets.slice(this.queueFrom);
    this.queueFrom = 0;
  }

  /** Makes room by giving up one record that Postgres has and the journal will not. @returns false: there is none */
  private forgetUnwritten(): boolean {
    if (this.settledSeq <= this.firstSeq) return false;
    this.unwrittenSeq = Math.max(this.unwrittenSeq, this.firstSeq + 1);
    this.forget(this.firstSeq + 1);
    return true;
  }

  /** Writes what only memory has, as far as there is room. */
  private writeWaiting(): void {
    while (this.unwrittenSeq < this.nextSeq) {
      const at = this.queueFrom + this.unwrittenSeq - this.firstSeq;
      const written = this.store.writeBytes(this.unwrittenSeq, this.places[at]!);
      if (written === null) return;
      this.places[at] = written;
      this.offsets[at] = this.store.writtenAt;
      this.unwrittenSeq++;
    }
    this.settle(this.settledSeq);
  }

  private async onRoom(): Promise<void> {
    this.writeWaiting();
    if (!this.isFailing) return;
    this.isFailing = false;
    this.options.log.info({ dir: this.dir }, "usage journal can be written again");
    if (this.dropped > this.reportedDropped) {
      const records = this.dropped - this.reportedDropped;
      this.reportedDropped = this.dropped;
      this.options.log.error({ records }, "usage records dropped, the journal and memory were full");
    }
    await writeOwner(this.dir, this.owner).catch((error: Error) => this.onError(error));
  }

  private onError(error: Error): void {
    this.writeErrors++;
    if (!this.isFailing) {
      this.options.log.error(
        { err: error, dir: this.dir },
        "usage journal not written, records wait in memory",
      );
    }
    this.isFailing = true;
  }

  private async show(): Promise<void> {
    try {
      await showOwner(this.dir);
    } catch (error) {
      this.onError(error as Error);
    }
  }
}

/** A record in a buffer of its own. */
function alone(seq: number, record: UsageRecord): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + mostBytes(record));
  const end = encodeRecord(record, bytes, HEADER_BYTES);
  sealRecord(bytes, 0, end, seq);
  return Buffer.from(bytes.subarray(0, end));
}
