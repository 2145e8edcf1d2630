import { setTimeout as delay } from "node:timers/promises";
import type { UsageBatch, UsageRecord } from "../../server/usage/index.ts";
import type { Log } from "../log.ts";
import { Adoption } from "./adoption.ts";
import { HandOver } from "./hand-over.ts";
import { HandOverLoop } from "./hand-over-loop.ts";
import { Journal, markHandedOver, sweepJournals } from "./journal/index.ts";
import { LiveSource } from "./live-source.ts";
import { UsageMeter } from "./usage-meter.ts";

/** When a key was last used is written this often, ms. */
const TOUCH_MS = 10_000;
/** How often journals are looked through for what need not be kept any longer, ms. */
const SWEEP_MS = 600_000;
const HOUR_MS = 3_600_000;

export interface MeteringOptions {
  readonly relayId: string;
  /** The directory of all journals. */
  readonly root: string;
  readonly syncMs: number;
  readonly keepHours: number;
  /** `applyUsageBatch` of server/usage. */
  apply(batch: UsageBatch): Promise<"applied" | "known">;
  /** `nextRecordOf` of server/usage. */
  nextRecord(journalId: string): Promise<number>;
  /** `touchAccessKeys` of server/access-keys. */
  touch(uses: readonly { accessKeyId: string; usedAt: Date }[]): Promise<unknown>;
  /** Hears of each record with its number in the journal, once it is there. On the path. */
  onStored?(seq: number, record: UsageRecord): void;
  readonly log: Log;
}

/** What the journal and its hand-over say of themselves, for `/metrics`. */
export interface MeteringState {
  readonly journalBytes: number;
  /** Records that are not in Postgres yet. */
  readonly waiting: number;
  /** How long the oldest of them has waited; 0 when none waits. */
  readonly oldestSeconds: number;
  /** Records that could not be read back, or that Postgres refused. */
  readonly damaged: number;
  readonly writeErrors: number;
  /** Records that found room neither on the disk nor in memory. */
  readonly dropped: number;
  readonly handOverFailures: number;
}

export interface Metering {
  readonly meter: UsageMeter;
  /** Of this process's journal; null when metering is off. */
  readonly journalId: string | null;
  state(): MeteringState;
  /** Hands over everything that waits, for at most `timeoutMs`, and closes the journal. @returns records left in it */
  drain(timeoutMs: number): Promise<number>;
}

const NOTHING: MeteringState = {
  journalBytes: 0,
  waiting: 0,
  oldestSeconds: 0,
  damaged: 0,
  writeErrors: 0,
  dropped: 0,
  handOverFailures: 0,
};

/** Metering switched off: only the totals of the process are counted. For measuring what it costs. */
export function noMetering(relayId: string): Metering {
  return {
    meter: new UsageMeter(relayId, null),
    journalId: null,
    state: () => NOTHING,
    drain: async () => 0,
  };
}

/**
 * Starts metering: requests are counted, written to this process's journal and handed over to Postgres from there, with
 * what earlier processes left behind.
 */
export async function startMetering(options: MeteringOptions): Promise<Metering> {
  const { relayId, root, apply, log } = options;
  const journal = await Journal.open({ root, relayId, syncMs: options.syncMs, log });
  const source = new LiveSource(journal, relayId);
  const handOver = new HandOver(source, { apply, log });
  const waiting = () => journal.nextSeq - source.seq;
  /** When the first record after an idle time came. */
  let waitingSince = 0;
  const meter = new UsageMeter(relayId, (record) => {
    if (waiting() === 0) waitingSince = record.endedAt;
    const seq = journal.nextSeq;
    journal.append(record);
    options.onStored?.(seq, record);
    loop.added();
  });
  let touchedAt = 0;
  const touch = async () => {
    const uses = meter.takeUses();
    if (uses.length === 0) return;
    touchedAt = performance.now();
    // A nicety: a failed write of it is logged and forgotten.
    await options
      .touch(uses)
      .catch((error: unknown) =>
        log.warn({ err: error, keys: uses.length }, "last use of access keys not written"),
      );
  };
  let isDraining = false;
  const loop: HandOverLoop = new HandOverLoop({
    handOver,
    waiting,
    afterBatch: async () => {
      if (isDraining || performance.now() - touchedAt >= TOUCH_MS) await touch();
    },
    log,
  });
  const { nextRecord } = options;
  const adoption = new Adoption({ root, ownDir: journal.dir, apply, nextRecord, log });
  const sweep = async () => {
    const before = new Date(Date.now() - options.keepHours * HOUR_MS);
    try {
      await sweepJournals(root, { dir: journal.dir, seq: source.seq }, before);
    } catch (error) {
      log.warn({ err: error }, "old usage journals not deleted");
    }
  };
  void sweep();
  const sweeper = setInterval(() => void sweep(), SWEEP_MS);

  return {
    meter,
    journalId: journal.journalId,
    state: () => ({
      journalBytes: journal.bytes,
      waiting: waiting(),
      oldestSeconds: waiting() > 0 ? secondsSince(Math.max(waitingSince, handOver.lastEndedAt)) : 0,
      damaged: handOver.damaged + adoption.damaged,
      writeErrors: journal.writeErrors,
      dropped: journal.dropped,
      handOverFailures: loop.failures,
    }),
    async drain(timeoutMs) {
      isDraining = true;
      clearInterval(sweeper);
      await Promise.race([adoption.stop(), delay(timeoutMs)]);
      const left = await loop.drain(timeoutMs);
      await journal.close();
      if (left === 0) await markHandedOver(journal.dir);
      return left;
    },
  };
}

function secondsSince(at: number): number {
  return Math.max(0, Date.now() - at) / 1_000;
}
