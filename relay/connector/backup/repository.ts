import { existsSync } from "node:fs";
import type { Log } from "../upstream/log.ts";
import type { RepositoryAccess } from "./access.ts";
import { BackupError, explainFailure, isHopelessRetry, isLockGone } from "./failure.ts";
import { listKeyIds } from "./key-ids.ts";
import { withLocalLock } from "./local-lock.ts";
import { RepositoryNotes } from "./notes.ts";
import type { BackupPlan } from "./plan.ts";
import type { HubSnapshot } from "./report.ts";
import { type RunToolOptions, runTool, type ToolResult } from "./run-tool.ts";
import type { BackupSummary, BackupTool, Invocation } from "./tool.ts";

/** A run that tidies up has the repository for itself; for a large one that takes minutes, ms. */
const LOCK_WAIT_MS = 600_000;
const LOCK_RETRY_MS = 1_000;
/** Times that a program is started anew because others' locks went while it looked at them. */
const MAX_STARTS = 10;
/** Without what an interrupted run has uploaded it also works: not so long then, ms. */
const ADOPT_WAIT_MS = 60_000;

export interface Progress {
  /** Of 1; never less than before. */
  readonly fraction: number;
  readonly bytesDone: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

export interface BackupResult extends BackupSummary {
  /** What was left out although the plan has it: a sentence; null: nothing. */
  readonly warning: string | null;
}

/**
 * One hub's backups in its part of the bucket. Every method throws BackupError; a key that was changed meanwhile is
 * used from the next call on.
 */
export class Repository {
  readonly #tool: BackupTool;
  readonly #access: () => RepositoryAccess;
  readonly #log: Log;

  constructor(tool: BackupTool, access: () => RepositoryAccess, log: Log) {
    this.#tool = tool;
    this.#access = access;
    this.#log = log;
  }

  /**
   * Makes sure that there is one which our password opens, and frees it from locks of processes that are gone. Several
   * at once on this machine make one.
   */
  async open(signal?: AbortSignal): Promise<void> {
    const fault = await this.#tryOpen(signal);
    if (fault === null) return;
    if (fault.fault === "key_damaged") return this.#removeStrayKeys(fault, signal);
    if (fault.fault !== "repository_missing") throw fault;
    await withLocalLock(this.#notes().lockPath, async () => {
      const still = await this.#tryOpen(signal);
      if (still === null) return;
      if (still.fault !== "repository_missing") throw still;
      this.#log("info", "making the repository for backups", { tool: this.#tool.name });
      await this.#run(this.#tool.init(this.#access()), { signal });
      // One that was killed in the middle of this may have left its key behind.
      const after = await this.#tryOpen(signal);
      if (after !== null) await this.#removeStrayKeys(after, signal);
    });
  }

  /** Backs up what the plan names. What an interrupted run has uploaded is used. */
  async backup(plan: BackupPlan, { signal, onProgress }: RunOptions = {}): Promise<BackupResult> {
    const paths = plan.paths.filter((path) => existsSync(path));
    if (paths.length === 0) {
      throw new BackupError(
        "nothing_to_back_up",
        `There is nothing to back up: ${plan.paths.join(", ")} ${plan.paths.length === 1 ? "does" : "do"} not exist. Check backup-paths.`,
      );
    }
    await this.open(signal);
    const notes = this.#notes();
    if (notes.interrupted) await this.#adopt(notes, signal);
    notes.begin();
    let summary: BackupSummary | null = null;
    let fraction = 0;
    const unreadable: { path: string; reason: string }[] = [];
    const take = (line: string) => {
      const event = this.#tool.readEvent(line);
      if (event?.kind === "progress") {
        // While it still looks for files, the whole grows.
        fraction = Math.max(fraction, event.fraction);
        onProgress?.({ fraction, bytesDone: event.bytesDone });
      } else if (event?.kind === "unreadable") unreadable.push(event);
      else if (event?.kind === "summary") summary = event.summary;
      return event === null;
    };
    const invocation = this.#tool.backup(this.#access(), paths, plan);
    // 3: all but what could not be read is in a snapshot.
    await this.#runUnlocked(
      invocation,
      { signal, onOutput: take, onError: (line) => take(line) && isHopelessRetry(line) },
      [3],
    );
    const done = summary as BackupSummary | null;
    if (done === null)
      throw new BackupError("failed", `${this.#tool.name} ended without saying what it did.`);
    notes.end(done);
    if (done.files === 0) {
      throw new BackupError(
        "nothing_to_back_up",
        `There is nothing to back up: ${paths.join(", ")} ${paths.length === 1 ? "holds" : "hold"} no file that is not excluded. Check backup-paths and backup-exclude.`,
      );
    }
    const missing = plan.paths.filter((path) => !paths.includes(path));
    return { ...done, warning: warningAbout(missing, unreadable) };
  }

  /**
   * Removes the snapshots that the plan does not keep.
   * @returns false when another run uses the repository: it is for the next time then
   */
  async tidy(plan: BackupPlan, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#run(this.#tool.forget(this.#access(), plan), { signal });
      return true;
    } catch (error) {
      if (!(error instanceof BackupError) || error.fault !== "locked") throw error;
      this.#log("info", "old snapshots stay for now, since another run uses the repository");
      return false;
    }
  }

  /** Newest first; empty when nothing was ever backed up. */
  async snapshots(signal?: AbortSignal): Promise<HubSnapshot[]> {
    let output: string;
    try {
      output = (await this.#run(this.#tool.snapshots(this.#access()), { signal })).stdout;
    } catch (error) {
      if (error instanceof BackupError && error.fault === "repository_missing") return [];
      throw error;
    }
    const notes = this.#notes();
    return this.#tool.readSnapshots(output).map((snapshot) => {
      const known = snapshot.bytes === null ? notes.sizeOf(snapshot.snapshotId) : undefined;
      return known === undefined ? snapshot : { ...snapshot, ...known };
    });
  }

  /**
   * Writes a snapshot below `to`, each file under its whole former path.
   * @param only whole paths; empty: all
   */
  async restore(
    snapshotId: string,
    to: string,
    only: readonly string[],
    { signal, onProgress }: RunOptions = {},
  ): Promise<void> {
    await this.open(signal);
    await this.#runUnlocked(this.#tool.restore(this.#access(), snapshotId, to, only), {
      signal,
      onOutput: (line) => {
        const event = this.#tool.readEvent(line);
        if (event?.kind === "progress") onProgress?.(event);
      },
    });
  }

  /** Files of a snapshot; null when the tool does not tell them one by one. */
  async files(snapshotId: string, signal?: AbortSignal): Promise<{ path: string; bytes: number }[] | null> {
    const invocation = this.#tool.list(this.#access(), snapshotId);
    if (invocation === null) return null;
    const files: { path: string; bytes: number }[] = [];
    await this.#run(invocation, {
      signal,
      onOutput: (line) => {
        const file = this.#tool.readFile(line);
        if (file !== null) files.push(file);
      },
    });
    return files;
  }

  /** Whether all parts of the repository fit together. */
  async check(signal?: AbortSignal): Promise<void> {
    await this.#runUnlocked(this.#tool.check(this.#access()), { signal });
  }

  #notes(): RepositoryNotes {
    return new RepositoryNotes(this.#tool.cacheDir, this.#access().bucket);
  }

  async #tryOpen(signal?: AbortSignal, keyId?: string): Promise<BackupError | null> {
    try {
      await this.#run(this.#tool.open(this.#access(), keyId), { signal });
      return null;
    } catch (error) {
      if (error instanceof BackupError && error.fault !== "stopped") return error;
      throw error;
    }
  }

  async #adopt(notes: RepositoryNotes, signal?: AbortSignal): Promise<void> {
    try {
      // The program of a killed run lives on until it next writes to us: its lock is stale a moment later.
      await this.#runUnlocked(this.#tool.adopt(this.#access()), { signal }, [], ADOPT_WAIT_MS);
      notes.adopted();
    } catch (error) {
      if (!(error instanceof BackupError) || error.fault !== "locked") throw error;
      this.#log("info", "another run uses the repository: what was uploaded before is looked for later");
    }
  }

  /**
   * An `init` that was killed, or that raced with another machine's, leaves a key that our password opens but that is
   * not this repository's; nothing was ever written with it. The tool may pick either, so the wrong one is removed.
   */
  async #removeStrayKeys(fault: BackupError, signal?: AbortSignal): Promise<void> {
    if (fault.fault !== "key_damaged") throw fault;
    const good: string[] = [];
    const stray: string[] = [];
    for (const keyId of await listKeyIds(this.#access().bucket, this.#tool.network)) {
      const found = await this.#tryOpen(signal, keyId);
      if (found === null) good.push(keyId);
      else if (found.fault === "key_damaged") stray.push(keyId);
    }
    const [keyId] = good;
    if (keyId === undefined) throw fault;
    for (const removed of stray) {
      const invocation = this.#tool.removeKey(this.#access(), removed, keyId);
      if (invocation === null) throw fault;
      this.#log("warn", "removing a key that an interrupted init left behind", { keyId: removed });
      await this.#run(invocation, { signal });
    }
  }

  /** Like `#run`, and waits while another run tidies up. */
  async #runUnlocked(
    invocation: Invocation,
    options: Omit<RunToolOptions, "secrets">,
    fineCodes: readonly number[] = [],
    waitMs = LOCK_WAIT_MS,
  ): Promise<ToolResult> {
    const until = performance.now() + waitMs;
    for (;;) {
      try {
        return await this.#run(invocation, options, fineCodes);
      } catch (error) {
        const isLocked = error instanceof BackupError && error.fault === "locked";
        if (!isLocked || performance.now() >= until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
      // Whoever held it may have been killed.
      await this.#tryOpen(options.signal);
    }
  }

  async #run(
    invocation: Invocation,
    options: Omit<RunToolOptions, "secrets">,
    fineCodes: readonly number[] = [],
  ): Promise<ToolResult> {
    const { bucket, password } = this.#access();
    this.#log("debug", "running the backup program", {
      tool: this.#tool.name,
      args: invocation.args.slice(0, 2),
    });
    const secrets = [password, bucket.secretAccessKey];
    for (let starts = 1; ; starts++) {
      const result = await runTool(this.#tool.program, invocation, {
        onError: isHopelessRetry,
        ...options,
        secrets,
      });
      if (result.code === 0 || fineCodes.includes(result.code)) return result;
      if (isLockGone(result.stderr) && starts < MAX_STARTS) continue;
      const failure = explainFailure(result.stderr, result.code);
      // The index still has what is gone: the next backup has it corrected first, and then uploads that again.
      if (failure.fault === "data_lost") this.#notes().begin();
      throw failure;
    }
  }
}

function warningAbout(missing: string[], unreadable: { path: string; reason: string }[]): string | null {
  const parts: string[] = [];
  if (missing.length > 0)
    parts.push(`not there: ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? " …" : ""}`);
  const [first] = unreadable;
  if (first !== undefined)
    parts.push(`${unreadable.length} unreadable, first ${first.path} (${first.reason})`);
  return parts.length === 0
    ? null
    : `Some of it is not in the backup: ${parts.join("; ")}. Check backup-paths and the rights of this user.`.slice(
        0,
        500,
      );
}
