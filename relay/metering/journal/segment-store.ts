import { renameSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { UsageRecord } from "../../../server/usage/index.ts";
import { copyRecord, HEADER_BYTES, sealRecord } from "./format.ts";
import { type MappedFile, openMapped } from "./mapped-file.ts";
import { segmentName } from "./reader.ts";
import { encodeRecord, mostBytes } from "./record-codec.ts";

/** About 30,000 requests. A reader holds one in memory. */
export const SEGMENT_BYTES = 8 * 1_048_576;
/** A segment that could not be prepared is tried again after this long, ms. */
const RETRY_MS = 1_000;
/** Zeros are written in pieces of this size. */
const FILL_BYTES = 1_048_576;

export interface SegmentStoreOptions {
  readonly dir: string;
  readonly segmentBytes?: number;
  /** How often what was written is forced to the disk itself, ms. */
  readonly syncMs: number;
  /** A segment could not be prepared, or the disk failed: what waits stays in memory meanwhile. */
  onError(error: Error): void;
  /** There is room again, or for the first time. */
  onRoom(): void;
}

/** Where the records of one journal are written: the segment in use, and a spare one that is ready before it is full. */
export class SegmentStore {
  private readonly options: SegmentStoreOptions;
  private readonly size: number;
  private current: MappedFile | null = null;
  private at = 0;
  private spare: MappedFile | null = null;
  private preparing: Promise<void> | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private dirty = false;
  private syncing: Promise<void> | null = null;
  private readonly syncTimer: ReturnType<typeof setInterval>;
  private isClosed = false;
  /** Bytes of segments opened so far. */
  bytes = 0;
  /** Where the record that was written last begins. */
  writtenAt = 0;

  constructor(options: SegmentStoreOptions) {
    this.options = options;
    this.size = options.segmentBytes ?? SEGMENT_BYTES;
    this.syncTimer = setInterval(() => void this.sync(), options.syncMs);
  }

  /**
   * Writes a record; it outlives the process from then on, and begins at `writtenAt`.
   * @returns the bytes that it stands in, or null when there is no room at the moment
   */
  write(seq: number, record: UsageRecord): Buffer | null {
    const file = this.fileFor(seq, HEADER_BYTES + mostBytes(record));
    if (file === null) return null;
    const end = encodeRecord(record, file.bytes, this.at + HEADER_BYTES);
    sealRecord(file.bytes, this.at, end, seq);
    return this.wrote(file, end);
  }

  /** The same for one that is written out already. */
  writeBytes(seq: number, record: Buffer): Buffer | null {
    const file = this.fileFor(seq, record.length);
    if (file === null) return null;
    return this.wrote(file, copyRecord(record, file.bytes, this.at));
  }

  private fileFor(seq: number, bytes: number): MappedFile | null {
    if (this.current !== null && this.at + bytes <= this.size) return this.current;
    return this.turn(seq);
  }

  private wrote(file: MappedFile, end: number): Buffer | null {
    try {
      file.written(this.at, end);
    } catch (error) {
      this.options.onError(error as Error);
      return null;
    }
    this.writtenAt = this.at;
    this.at = end;
    this.dirty = true;
    return file.bytes;
  }

  /** Makes a spare segment, unless there is one. Never rejects: an error is told and tried again later. */
  prepare(): Promise<void> {
    if (this.spare !== null || this.isClosed) return Promise.resolve();
    this.preparing ??= this.makeSpare().then(
      () => {
        this.preparing = null;
        if (!this.isClosed) this.options.onRoom();
      },
      (error: Error) => {
        this.preparing = null;
        this.options.onError(error);
        if (this.isClosed) return;
        this.retry ??= setTimeout(() => {
          this.retry = null;
          void this.prepare();
        }, RETRY_MS);
      },
    );
    return this.preparing;
  }

  /** Forces to the disk what was written since the last time. */
  sync(): Promise<void> {
    if (!this.dirty || this.current === null) return this.syncing ?? Promise.resolve();
    this.dirty = false;
    this.syncing ??= this.current
      .sync()
      .catch((error: Error) => this.options.onError(error))
      .finally(() => {
        this.syncing = null;
      });
    return this.syncing;
  }

  /** Ends writing. What was written is on the disk then. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.syncTimer);
    if (this.retry !== null) clearTimeout(this.retry);
    await this.preparing;
    await this.syncing;
    await this.sync();
    this.current?.close(this.at);
    this.current = null;
    this.spare?.close(0);
    if (this.spare !== null) await rm(this.sparePath, { force: true });
    this.spare = null;
  }

  private get sparePath(): string {
    return join(this.options.dir, "spare");
  }

  private async makeSpare(): Promise<void> {
    await mkdir(this.options.dir, { recursive: true });
    await fill(this.sparePath, this.size);
    this.spare = openMapped(this.sparePath, this.size);
  }

  /** Goes on to the spare segment, whose first record will be `seq`. */
  private turn(seq: number): MappedFile | null {
    const { spare } = this;
    if (spare === null) {
      void this.prepare();
      return null;
    }
    this.retire();
    this.current = spare;
    this.spare = null;
    this.at = 0;
    this.bytes += this.size;
    renameSync(this.sparePath, join(this.options.dir, segmentName(seq)));
    void this.prepare();
    return spare;
  }

  /** The segment that is full gets its last sync and is closed, off the path. */
  private retire(): void {
    const { current, at } = this;
    if (current === null) return;
    this.current = null;
    this.dirty = false;
    const synced = (this.syncing ?? Promise.resolve()).then(() => current.sync());
    void synced.catch((error: Error) => this.options.onError(error)).then(() => current.close(at));
  }
}

/** Writes a file of zeros: its blocks are the file's own then, and writing to them later cannot fail for want of room. */
async function fill(path: string, size: number): Promise<void> {
  const file = await open(path, "w");
  try {
    const zeros = Buffer.alloc(Math.min(FILL_BYTES, size));
    for (let at = 0; at < size; at += zeros.length) {
      await file.write(zeros, 0, Math.min(zeros.length, size - at), at);
    }
  } finally {
    await file.close();
  }
}
