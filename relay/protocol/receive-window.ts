import { DATA_BYTES, MAX_WINDOW_BYTES } from "./limits.ts";

/** Below this round trip the first window carries 500 Mbit/s, and larger ones cost memory and make others wait, ms. */
const MIN_ROUND_TRIP_MS = 4;
/** A window this many times as large as its reader needs is taken back. */
const SLACK = 4;
/** Windows for one round trip that a stream may have: WINDOW frames in time take two, a busy process twice that. */
const ROOM = 4;
/** A reader is slow after so many slow looks in a row: a process that was held up for a moment is not. */
const SLOW_LOOKS = 2;
/** A reader that takes longer than this for half a window is looked at earlier, ms. */
const REVIEW_MS = 500;

/** Bytes that windows may have beyond their first size: of one link, of the process. */
export class WindowBudget {
  taken = 0;
  private readonly limit: number;
  private readonly parent: WindowBudget | null;

  constructor(limit: number, parent: WindowBudget | null = null) {
    this.limit = limit;
    this.parent = parent;
  }

  /** @returns false when there is not so much left, here or in the parent; then nothing is taken */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.limit) return false;
    if (this.parent !== null && !this.parent.take(bytes)) return false;
    this.taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.taken -= bytes;
    this.parent?.give(bytes);
  }
}

/** What a window is measured against. */
export interface WindowPath {
  readonly budget: WindowBudget;
  /** Shortest round trip seen lately, ms; null when none was measured. */
  readonly baseRoundTripMs: number | null;
  now(): number;
}

/**
 * The receiver's window of one direction of a stream. It starts at what WELCOME says and doubles while half of it is
 * received and passed on within two round trips: then it is the window that slows the stream down, not the path or the
 * reader. A reader that needs far less gets less again; one that takes nothing gets nothing.
 */
export class ReceiveWindow {
  /** Payload the peer may still send. */
  credit: number;
  private size: number;
  private readonly firstSize: number;
  private consumed = 0;
  private measured = 0;
  /** When `measured` was 0; negative before the first byte. */
  private since = -1;
  private slowLooks = 0;

  constructor(size: number) {
    this.credit = size;
    this.size = size;
    this.firstSize = size;
  }

  /** The peer has sent `bytes`. @param at when, ms */
  received(bytes: number, at: number): void {
    this.credit -= bytes;
    if (this.since < 0) this.since = at;
  }

  /** `bytes` have been passed on. @returns the increment for a WINDOW frame; 0 for none now */
  passOn(bytes: number, path: WindowPath): number {
    // A caller that gives back more than it got must not widen the window.
    this.consumed += Math.min(bytes, this.size - this.credit - this.consumed);
    if (this.consumed < Math.max(this.firstSize >>> 1, this.size >>> 3)) return 0;
    this.measured += wholeFrames(this.consumed);
    const now = path.now();
    if (this.measured >= this.size >>> 1 || now - this.since >= REVIEW_MS) this.resize(path, now);
    const given = wholeFrames(this.consumed);
    this.credit += given;
    this.consumed -= given;
    return given;
  }

  /** Nothing more is received: what the window had beyond its first size is free for others. */
  close(budget: WindowBudget): void {
    if (this.size > this.firstSize) budget.give(this.size - this.firstSize);
    this.size = this.firstSize;
  }

  private resize(path: WindowPath, now: number): void {
    const { size, firstSize } = this;
    const elapsedMs = now - this.since;
    const bytes = this.measured;
    this.since = now;
    this.measured = 0;
    const roundTripMs = path.baseRoundTripMs ?? 0;
    if (roundTripMs < MIN_ROUND_TRIP_MS) return;
    const needed = ROOM * bytes * (roundTripMs / Math.max(elapsedMs, 0.001));
    this.slowLooks = needed * SLACK < size ? this.slowLooks + 1 : 0;
    if (needed >= size && size < MAX_WINDOW_BYTES) {
      const more = Math.min(size, MAX_WINDOW_BYTES - size);
      if (!path.budget.take(more)) return;
      this.size += more;
      this.consumed += more;
    } else if (size > firstSize && this.slowLooks >= SLOW_LOOKS) {
      const less = Math.min(size - Math.max(size >>> 1, firstSize), this.consumed);
      path.budget.give(less);
      this.size -= less;
      this.consumed -= less;
    }
  }
}

/** A sender that has credit for a part of a frame sends that part, and each frame costs as much as a whole one. */
function wholeFrames(bytes: number): number {
  return bytes < DATA_BYTES ? bytes : bytes - (bytes % DATA_BYTES);
}
