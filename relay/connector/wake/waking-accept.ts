import { ResetCode } from "../../protocol/codes.ts";
import { type AcceptStream, HeldStream } from "./held-stream.ts";
import type { Waker } from "./waker.ts";

/** A request waits so long for its upstream to start; then its client is told to come back, ms. */
export const HOLD_MS = 45_000;

/** Streams that wait for an upstream which sleeps, and all others. */
export class WakingAccept {
  private readonly held = new Set<HeldStream>();
  private readonly waker: Pick<Waker, "awake" | "wake">;
  private readonly accept: AcceptStream;
  private readonly holdMs: number;

  /** @param accept takes streams for an upstream that is there */
  constructor(waker: Pick<Waker, "awake" | "wake">, accept: AcceptStream, holdMs = HOLD_MS) {
    this.waker = waker;
    this.accept = accept;
    this.holdMs = holdMs;
  }

  /** Streams that wait. */
  get waiting(): number {
    return this.held.size;
  }

  /** Takes a stream; made to be the `onOpen` of a session. */
  readonly take: AcceptStream = (stream, kind, framing, head, end) => {
    if (this.waker.awake) return this.accept(stream, kind, framing, head, end);
    const held = new HeldStream(stream, kind, framing, head, end);
    this.held.add(held);
    const timer = setTimeout(() => {
      this.held.delete(held);
      held.giveUp(ResetCode.waking, "the upstream is still starting");
    }, this.holdMs);
    void this.waker.wake().then((fault) => {
      clearTimeout(timer);
      this.held.delete(held);
      if (fault === null) held.handOn(this.accept);
      // Words about the customer's machine stay there.
      else held.giveUp(ResetCode.upstreamUnreachable, "the upstream did not start");
    });
    return held;
  };
}
