import { DiskSource } from "./disk-source.ts";
import type { JournalSource, Portion } from "./hand-over.ts";
import type { Journal } from "./journal/index.ts";

/** The journal of this process: records that are still in memory come from there, older ones from the disk. */
export class LiveSource implements JournalSource {
  readonly journalId: string;
  readonly relayId: string;
  /** The record that is next. */
  seq = 1;
  private readonly journal: Journal;
  private disk: DiskSource | null = null;

  constructor(journal: Journal, relayId: string) {
    this.journal = journal;
    this.journalId = journal.journalId;
    this.relayId = relayId;
  }

  async next(max: number): Promise<Portion | null> {
    const taken = this.journal.take(this.seq, max);
    if (taken !== null) {
      this.disk = null;
      const { firstSeq, records, crcs } = taken;
      return { firstSeq, lastSeq: firstSeq + records.length - 1, records, crcs, missing: [] };
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
    return { ...lost, records: [], crcs: [], missing: [lost] };
  }

  settle(nextSeq: number): void {
    this.seq = nextSeq;
    this.disk?.settle(nextSeq);
    this.journal.settle(nextSeq);
  }
}
