import { resolve } from "node:path";
import type { Log } from "../upstream/log.ts";
import type { BucketAccess, RepositoryAccess } from "./access.ts";
import { BackupError } from "./failure.ts";
import type { BackupPlan } from "./plan.ts";
import { BACKUPS_OFF, type HubBackupReport, type HubSnapshot } from "./report.ts";
import { Repository } from "./repository.ts";
import { nextBackupAt, retryAfterMs } from "./schedule.ts";
import type { BackupTool } from "./tool.ts";

/** Time as backups see it; a test makes its own. */
export interface BackupClock {
  /** Epoch ms. */
  now(): number;
  /** Runs `task` later; what it returns cancels that. */
  after(ms: number, task: () => void): () => void;
}

/** The part of a repository that the schedule needs. */
export type PlannedRepository = Pick<Repository, "backup" | "tidy" | "snapshots">;

export interface BackupsOptions {
  readonly access: BucketAccess;
  readonly password: string;
  readonly plan: BackupPlan;
  /** Asked before each run, e.g. `() => findTool(env, network)`: installing a tool needs no restart. */
  tool(): Promise<BackupTool>;
  readonly log: Log;
  /** Told at each change, while one runs about once a second; `snapshots` only when they have been read. */
  onChange(report: HubBackupReport, snapshots?: readonly HubSnapshot[]): void;
  readonly clock?: BackupClock;
  /** In [0, 1). */
  random?(): number;
  /** By default the real one. */
  repository?(tool: BackupTool, access: () => RepositoryAccess, log: Log): PlannedRepository;
}

/** Backups of one hub by its plan, one at a time. */
export interface Backups {
  /** Reads what there is, makes up for a run that was missed, and goes on by the plan. */
  start(): void;
  /** Ends a run in the middle; the next one goes on with what it has uploaded. Resolves when nothing runs. */
  stop(): Promise<void>;
  /** A run now, or the one under way. Resolves with null, or with the sentence why it failed. */
  backupNow(): Promise<string | null>;
  /** Used from the next command on. */
  setAccess(access: BucketAccess): void;
}

/** A timer is set for no longer, since one does not run while the machine sleeps, ms. */
const LOOK_EVERY_MS = 600_000;
const REPORT_EVERY_MS = 1_000;

export function createBackups(options: BackupsOptions): Backups {
  return new ScheduledBackups(options);
}

class ScheduledBackups implements Backups {
  readonly #options: BackupsOptions;
  readonly #clock: BackupClock;
  readonly #random: () => number;
  #access: BucketAccess;
  #report: HubBackupReport = BACKUPS_OFF;
  #failures = 0;
  #cancelTimer: (() => void) | null = null;
  #running: Promise<string | null> | null = null;
  #stopped = new AbortController();

  constructor(options: BackupsOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  start(): void {
    if (this.#report.state !== "off") return;
    this.#stopped = new AbortController();
    this.#tell({ state: "idle" });
    void this.#once((repository) => this.#look(repository));
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#cancelTimer?.();
    await this.#running;
    this.#tell({ ...BACKUPS_OFF, lastAt: this.#report.lastAt, bytes: this.#report.bytes });
  }

  backupNow(): Promise<string | null> {
    // One that only looks is no backup: the run comes after it.
    if (this.#running !== null && this.#report.state !== "running") {
      return this.#running.then(() => this.backupNow());
    }
    return this.#once((repository) => this.#backup(repository));
  }

  setAccess(access: BucketAccess): void {
    this.#access = access;
    // A refused key may be why it waits.
    if (this.#report.state === "failed" && this.#running === null) void this.backupNow();
  }

  /** Runs one thing at a time; a second asker gets the first one's end. */
  #once(task: (repository: PlannedRepository) => Promise<void>): Promise<string | null> {
    this.#running ??= this.#attempt(task).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #attempt(task: (repository: PlannedRepository) => Promise<void>): Promise<string | null> {
    const { log, plan } = this.#options;
    this.#cancelTimer?.();
    try {
      const tool = await this.#options.tool();
      const access = () => ({ bucket: this.#access, password: this.#options.password });
      const { repository = realRepository } = this.#options;
      await task(repository(tool, access, log));
      this.#failures = 0;
      this.#scheduleNext();
      return null;
    } catch (error) {
      const known = error instanceof BackupError;
      const message = known
        ? error.message
        : `Something went wrong that should not: ${(error as Error).message}`;
      if (known && error.fault === "stopped") return message;
      this.#failures++;
      log("error", "the backup failed", known ? { fault: error.fault, message } : { error });
      const wait = retryAfterMs(this.#failures, plan.everyHours, this.#random());
      const nextAt = new Date(this.#clock.now() + wait).toISOString();
      this.#tell({ state: "failed", progress: null, error: message.slice(0, 500), nextAt });
      this.#waitUntil(this.#clock.now() + wait, () => void this.#once(task));
      return message;
    }
  }

  /** What the repository says of the last run counts, not what this process remembers. */
  async #look(repository: PlannedRepository): Promise<void> {
    const snapshots = await repository.snapshots(this.#stopped.signal);
    const planned = this.#options.plan.paths.map((path) => resolve(path));
    // One of other paths was made by hand, or by an earlier plan.
    const newest = snapshots.find(({ paths }) => paths.every((path) => planned.includes(path)));
    this.#tell({ lastAt: newest?.takenAt ?? null, bytes: newest?.bytes ?? null, error: null }, snapshots);
  }

  async #backup(repository: PlannedRepository): Promise<void> {
    const { plan } = this.#options;
    const { signal } = this.#stopped;
    this.#tell({ state: "running", progress: 0, nextAt: null });
    let toldAt = this.#clock.now();
    const result = await repository.backup(plan, {
      signal,
      onProgress: ({ fraction }) => {
        if (this.#clock.now() - toldAt < REPORT_EVERY_MS) return;
        toldAt = this.#clock.now();
        this.#tell({ progress: fraction });
      },
    });
    await repository.tidy(plan, signal);
    const snapshots = await repository.snapshots(signal);
    const lastAt = new Date(this.#clock.now()).toISOString();
    this.#tell(
      { state: "idle", progress: null, lastAt, bytes: result.bytes, error: result.warning },
      snapshots,
    );
  }

  #scheduleNext(): void {
    const { lastAt } = this.#report;
    const { everyHours } = this.#options.plan;
    const last = lastAt === null ? null : Date.parse(lastAt);
    const at = Math.max(nextBackupAt(last, everyHours, this.#clock.now(), this.#random()), this.#clock.now());
    this.#tell({ state: "idle", nextAt: new Date(at).toISOString() });
    this.#waitUntil(at, () => void this.backupNow());
  }

  #waitUntil(at: number, task: () => void): void {
    if (this.#stopped.signal.aborted) return;
    const wait = Math.min(Math.max(0, at - this.#clock.now()), LOOK_EVERY_MS);
    this.#cancelTimer = this.#clock.after(wait, () => {
      if (this.#clock.now() >= at) task();
      else this.#waitUntil(at, task);
    });
  }

  #tell(change: Partial<HubBackupReport>, snapshots?: readonly HubSnapshot[]): void {
    this.#report = { ...this.#report, ...change };
    this.#options.onChange(this.#report, snapshots);
  }
}

function realRepository(tool: BackupTool, access: () => RepositoryAccess, log: Log): PlannedRepository {
  return new Repository(tool, access, log);
}

const systemClock: BackupClock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
