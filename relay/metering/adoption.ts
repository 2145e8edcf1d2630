import { DiskSource } from "./disk-source.ts";
import { HandOver, type HandOverOptions } from "./hand-over.ts";
import { isAbandoned, isHandedOver, listJournals, markHandedOver, readOwner } from "./journal/index.ts";

/** How often this relay looks for journals that nobody hands over, ms. */
const LOOK_MS = 2_000;

export interface AdoptionOptions extends HandOverOptions {
  readonly root: string;
  /** The folder of this process's own journal. */
  readonly ownDir: string;
  /** `nextRecordOf` of server/usage. */
  nextRecord(journalId: string): Promise<number>;
}

/** Hands over what relays left behind that were killed, or that found no Postgres when they stopped. */
export class Adoption {
  /** Records found to be damaged. */
  damaged = 0;
  private readonly options: AdoptionOptions;
  private readonly timer: ReturnType<typeof setInterval>;
  private round: Promise<void> | null = null;
  private isStopped = false;
  private isFailing = false;

  constructor(options: AdoptionOptions) {
    this.options = options;
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.round;
  }

  private look(): void {
    this.round ??= this.adoptAll().then(
      () => this.said(null),
      (error: Error) => this.said(error),
    );
  }

  private said(error: Error | null): void {
    this.round = null;
    const { log } = this.options;
    if (error !== null && !this.isFailing)
      log.warn({ err: error }, "usage of earlier relays not handed over, trying again");
    this.isFailing = error !== null;
  }

  private async adoptAll(): Promise<void> {
    const { root, ownDir } = this.options;
    for (const { journalId, dir } of await listJournals(root)) {
      if (dir === ownDir || (await isHandedOver(dir)) || !(await isAbandoned(dir))) continue;
      await this.adopt(journalId, dir);
      if (this.isStopped) return;
    }
  }

  private async adopt(journalId: string, dir: string): Promise<void> {
    const { log, nextRecord } = this.options;
    const owner = await readOwner(dir);
    const fromSeq = await nextRecord(journalId);
    const source = new DiskSource({ journalId, relayId: owner?.relayId ?? "unknown", dir, fromSeq });
    const handOver = new HandOver(source, this.options);
    let records = 0;
    for (;;) {
      const step = await handOver.step();
      if (step === null) break;
      records += step;
      if (this.isStopped) return;
    }
    this.damaged += handOver.damaged;
    await markHandedOver(dir);
    log.info({ journalId, records, damaged: handOver.damaged }, "usage of an earlier relay handed over");
  }
}
