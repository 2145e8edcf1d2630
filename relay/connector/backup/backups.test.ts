import { expect, test } from "vitest";
import { directNetwork } from "../network/network.ts";
import type { RepositoryAccess } from "./access.ts";
import { type BackupsOptions, createBackups, type PlannedRepository } from "./backups.ts";
import { BackupError } from "./failure.ts";
import { DEFAULT_BACKUP } from "./plan.ts";
import type { HubBackupReport, HubSnapshot } from "./report.ts";
import { createRestic } from "./restic.ts";
import { nextBackupAt, retryAfterMs } from "./schedule.ts";

const place = {
  ...{ program: "restic", version: "0.14.0", cacheDir: "/none", env: {} },
  ...{ network: directNetwork, trustedFile: null },
};
const HOUR_MS = 3_600_000;
const NOON = Date.parse("2026-11-21T12:00:00Z");
const bucket = {
  endpoint: "https://r2.example",
  name: "b",
  prefix: "hubs/1",
  accessKeyId: "old",
  secretAccessKey: "s",
};

/** A clock that stands until it is turned. */
class MadeClock {
  at = NOON;
  #timers: { at: number; task: () => void }[] = [];
  now = () => this.at;
  after = (ms: number, task: () => void) => {
    const timer = { at: this.at + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };
  /** Lets what was begun go on to its end after each timer. */
  async turn(ms: number): Promise<void> {
    const end = this.at + ms;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.at = Math.max(this.at, due.at);
      due.task();
      await settled();
    }
    this.at = end;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function world(snapshots: HubSnapshot[], change: Partial<BackupsOptions> = {}) {
  const clock = new MadeClock();
  const reports: HubBackupReport[] = [];
  const runs: { at: string; accessKeyId: string }[] = [];
  let fault: BackupError | null = null;
  let gate: Promise<void> = Promise.resolve();
  const repository = (_tool: unknown, access: () => RepositoryAccess): PlannedRepository => ({
    async backup(_plan, { onProgress, signal } = {}) {
      runs.push({
        at: new Date(clock.at).toISOString().slice(8, 16),
        accessKeyId: access().bucket.accessKeyId,
      });
      await gate;
      if (signal?.aborted) throw new BackupError("stopped", "It was stopped.");
      if (fault !== null) throw fault;
      onProgress?.({ fraction: 0.5, bytesDone: 50 });
      const takenAt = new Date(clock.at).toISOString();
      snapshots.unshift({
        snapshotId: `s${runs.length}`,
        takenAt,
        paths: ["/srv/data"],
        files: 1,
        bytes: 100,
      });
      return { snapshotId: "s", files: 1, bytes: 100, addedBytes: 1, warning: null };
    },
    tidy: async () => true,
    snapshots: async () => snapshots,
  });
  const backups = createBackups({
    access: bucket,
    password: "p",
    plan: { ...DEFAULT_BACKUP, exclude: [], paths: ["/srv/data"] },
    tool: async () => createRestic(place),
    log: () => undefined,
    onChange: (report) => reports.push(report),
    clock,
    random: () => 0,
    repository,
    ...change,
  });
  return {
    clock,
    reports,
    runs,
    backups,
    failWith: (next: BackupError | null) => {
      fault = next;
    },
    hold() {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return held.resolve;
    },
    times: () => runs.map(({ at }) => at),
    last: () => reports.at(-1)!,
  };
}

const taken = (takenAt: string, paths = ["/srv/data"]): HubSnapshot => ({
  snapshotId: "before",
  takenAt,
  paths,
  files: 1,
  bytes: 7,
});

test("without a backup yet it begins with one, and goes on a day after its end", async () => {
  const { clock, backups, times, last } = world([]);
  backups.start();
  await clock.turn(49 * HOUR_MS);
  expect(times()).toEqual(["21T12:00", "22T12:00", "23T12:00"]);
  expect(last()).toMatchObject({
    state: "idle",
    error: null,
    bytes: 100,
    nextAt: "2026-11-24T12:00:00.000Z",
  });
});

test("a run that was missed while it was off is made up for; one that is not due is waited for", async () => {
  const late = world([taken("2026-11-19T12:00:00Z")]);
  late.backups.start();
  await late.clock.turn(0);
  expect(late.times()).toEqual(["21T12:00"]);

  const early = world([taken("2026-11-21T02:00:00Z")]);
  early.backups.start();
  await early.clock.turn(13 * HOUR_MS);
  expect(early.last()).toMatchObject({ lastAt: "2026-11-21T02:00:00Z", bytes: 7 });
  expect(early.times()).toEqual([]);
  await early.clock.turn(HOUR_MS);
  expect(early.times()).toEqual(["22T02:00"]);
});

test("a backup of other paths, made by hand, is not the plan's", async () => {
  const { clock, backups, times } = world([taken("2026-11-21T11:00:00Z", ["/etc"])]);
  backups.start();
  await clock.turn(0);
  expect(times()).toEqual(["21T12:00"]);
});

test("one at a time: asked for in the middle of a run, it is that run", async () => {
  const { clock, backups, runs, hold, reports } = world([]);
  const release = hold();
  backups.start();
  await clock.turn(0);
  const both = Promise.all([backups.backupNow(), backups.backupNow()]);
  release();
  expect(await both).toEqual([null, null]);
  expect(runs).toHaveLength(1);
  expect(reports.map(({ state }) => state)).toContain("running");
});

test("after failures it waits longer each time, says why, and goes on by the plan once it works", async () => {
  const { clock, backups, times, failWith, last } = world([]);
  failWith(new BackupError("unreachable", "The bucket cannot be reached."));
  backups.start();
  await clock.turn(20 * 60_000);
  expect(times()).toEqual(["21T12:00", "21T12:00", "21T12:02", "21T12:05", "21T12:11"]);
  expect(last()).toMatchObject({ state: "failed", error: "The bucket cannot be reached.", progress: null });
  failWith(null);
  await clock.turn(HOUR_MS);
  expect(last()).toMatchObject({ state: "idle", error: null });
});

test("a missing tool is looked for again: installing it needs no restart", async () => {
  let installed = false;
  const { clock, backups, runs, last } = world([], {
    async tool() {
      if (!installed) throw new BackupError("tool_missing", "Backups need restic.");
      return createRestic(place);
    },
  });
  backups.start();
  await clock.turn(0);
  expect(last()).toMatchObject({ state: "failed", error: "Backups need restic." });
  installed = true;
  await clock.turn(2 * 60_000);
  expect(runs).toHaveLength(1);
});

test("a new key is used from the next command on, and at once where the old one was refused", async () => {
  const { clock, backups, runs, failWith } = world([]);
  failWith(new BackupError("key_refused", "The bucket refuses this hub's key."));
  backups.start();
  await clock.turn(0);
  failWith(null);
  backups.setAccess({ ...bucket, accessKeyId: "new" });
  await clock.turn(0);
  expect(runs.map(({ accessKeyId }) => accessKeyId)).toEqual(["old", "new"]);
});

test("stopped in the middle it says so and begins no other", async () => {
  const { clock, backups, runs, hold, last } = world([]);
  const release = hold();
  backups.start();
  await clock.turn(0);
  const stopped = backups.stop();
  release();
  await stopped;
  await clock.turn(100 * HOUR_MS);
  expect(runs).toHaveLength(1);
  expect(last()).toMatchObject({ state: "off", nextAt: null, error: null });
});

test("runs are spread by up to a tenth of the interval, and a clock set back does not put them off", () => {
  expect(nextBackupAt(NOON, 10, NOON, 0.999)).toBeLessThanOrEqual(NOON + 11 * HOUR_MS);
  expect(nextBackupAt(NOON, 10, NOON, 0)).toBe(NOON + 10 * HOUR_MS);
  expect(nextBackupAt(NOON + 1_000 * HOUR_MS, 10, NOON, 0)).toBe(NOON + 10 * HOUR_MS);
  expect(nextBackupAt(null, 10, NOON, 0.5)).toBe(NOON);
});

test("no failure makes it wait longer than an hour, or than the interval", () => {
  expect(retryAfterMs(30, 24, 0.99)).toBeLessThanOrEqual(HOUR_MS);
  expect(retryAfterMs(30, 0.5, 0.99)).toBeLessThanOrEqual(HOUR_MS / 2);
  expect(retryAfterMs(1, 24, 0)).toBe(45_000);
});
