import type { UsageRecord } from "../../server/usage/index.ts";
import { DiskSource } from "./disk-source.ts";
import type { JournalSource, Portion } from "./hand-over.ts";
import { crcAt, decodeRecord, endOfRecord, HEADER_BYTES, type Journal, type Taken } from "./journal/index.ts";
import { PlainRowsBuilder } from "./plain-rows.ts";

/** The journal of this process: records that are still in memory come from there, older ones from the disk. */
export class LiveSource implements JournalSource {
  readonly journalId: string;
  readonly relayId: string;
  /** The record that is next. */
  seq = 1;
  private readonly journal: Journal;
  private disk: DiskSource | null = null;
  /** One for all batches: they are handed over one by one. */
  private readonly plain = new PlainRowsBuilder();

  constructor(journal: Journal, relayId: string) {
    this.journal = journal;
    this.journalId = journal.journalId;
    this.relayId = relayId;
  }

  async next(max: number): Promise<Portion | null> {
    const taken = this.journal.take(this.seq, max);
    if (taken !== null) {
      this.disk = null;
      return this.portionOf(taken);
    }
    if (this.seq >= this.journal.nextSeq) return null;
    this.disk ??= new DiskSource({
      journalId: this.journalId,
      relayId: this.relayId,
      dir: this.journal.dir,
      fromSeq: this.seq,
    });
    const before = this.journal.memorySeq;
    const read = await this.disk.next(max);
    if (read !== null) return read;
    // They left memory because they were written; if the disk does not have them, they are lost.
    const lost = {
      firstSeq: this.seq,
      lastSeq: before - 1,
      reason: "not on the disk",
      segment: this.journal.dir,
    };
    return { ...lost, records: [], endedAt: 0, crcs: [], missing: [lost] };
  }

  settle(nextSeq: number): void {
    this.seq = nextSeq;
    this.disk?.settle(nextSeq);
    this.journal.settle(nextSeq);
  }

  private portionOf({ firstSeq, places, offsets }: Taken): Portion {
    const count = places.length;
    let bytes = 0;
    for (let n = 0; n < count; n++) bytes += endOfRecord(places[n]!, offsets[n]!) - offsets[n]!;
    const { plain } = this;
    plain.start(bytes);
    const records: UsageRecord[] = [];
    const crcs: number[] = [];
    const missing: Portion["missing"][number][] = [];
    let endedAt = 0;
    for (let n = 0; n < count; n++) {
      const place = places[n]!;
      const from = offsets[n]! + HEADER_BYTES;
      const to = endOfRecord(place, offsets[n]!);
      if (plain.add(place, from, to)) {
        endedAt = plain.endedAt;
        crcs.push(crcAt(place, offsets[n]!));
        continue;
      }
      try {
        const record = decodeRecord(place.toString("utf8", from, to));
        records.push(record);
        endedAt = record.endedAt;
        crcs.push(crcAt(place, offsets[n]!));
      } catch (error) {
        const seq = firstSeq + n;
        const { message: reason } = error as Error;
        missing.push({ firstSeq: seq, lastSeq: seq, reason, segment: this.journal.dir });
      }
    }
    const lastSeq = firstSeq + count - 1;
    return { firstSeq, lastSeq, records, plain: plain.finish(), endedAt, crcs, missing };
  }
}
