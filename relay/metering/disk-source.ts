import type { UsageRecord } from "../../server/usage/index.ts";
import type { JournalSource, Portion } from "./hand-over.ts";
import { type JournalItem, readJournal } from "./journal/index.ts";

/** Records of a journal read back from the disk, a portion at a time. */
export class DiskSource implements JournalSource {
  readonly journalId: string;
  readonly relayId: string;
  private readonly dir: string;
  private seq: number;
  private items: AsyncGenerator<JournalItem> | null = null;
  private portion: { readonly max: number; readonly given: Portion | null } | null = null;

  /** @param fromSeq the first record wanted */
  constructor(options: { journalId: string; relayId: string; dir: string; fromSeq: number }) {
    this.journalId = options.journalId;
    this.relayId = options.relayId;
    this.dir = options.dir;
    this.seq = options.fromSeq;
  }

  async next(max: number): Promise<Portion | null> {
    if (this.portion === null || this.portion.max !== max) {
      // Asked for another number of them: read again.
      if (this.portion !== null) this.restart();
      this.portion = { max, given: await this.read(max) };
    }
    return this.portion.given;
  }

  settle(nextSeq: number): void {
    if (this.portion?.given && nextSeq === this.portion.given.lastSeq + 1) this.portion = null;
    else this.restart();
    this.seq = nextSeq;
  }

  private restart(): void {
    this.items = null;
    this.portion = null;
  }

  private async read(max: number): Promise<Portion | null> {
    this.items ??= readJournal(this.dir, this.seq);
    const records: UsageRecord[] = [];
    const crcs: number[] = [];
    const missing: Extract<JournalItem, { type: "missing" }>[] = [];
    let lastSeq = this.seq - 1;
    while (records.length < max) {
      const item: JournalItem | undefined = (await this.items.next()).value;
      if (item === undefined) {
        // The end for now; there may be more of it later.
        this.items = null;
        break;
      }
      if (item.type === "record") {
        records.push(item.record);
        crcs.push(item.crc);
        lastSeq = item.seq;
      } else {
        missing.push(item);
        lastSeq = item.lastSeq;
      }
    }
    if (lastSeq < this.seq) return null;
    const endedAt = records.at(-1)?.endedAt ?? 0;
    return { firstSeq: this.seq, lastSeq, records, endedAt, crcs, missing };
  }
}
