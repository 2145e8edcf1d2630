import type { Dispatcher } from "../upstream/dispatcher.ts";
import type { AcceptStream } from "./held-stream.ts";
import { Waker, type WakerOptions } from "./waker.ts";
import { WakingAccept } from "./waking-accept.ts";

const TICK_MS = 1_000;

/** An upstream that is started and stopped as it is needed. */
export interface Waking {
  readonly waker: Waker;
  /** Takes streams in the dispatcher's place. */
  readonly accept: AcceptStream;
  /** Stops what was started. */
  close(): Promise<void>;
}

/** Puts a waker before a dispatcher. */
export function startWaking(dispatcher: Dispatcher, options: WakerOptions): Waking {
  const waker = new Waker(options);
  const waiting = new WakingAccept(waker, dispatcher.accept);
  const timer = setInterval(() => waker.tick(dispatcher.active > 0 || waiting.waiting > 0), TICK_MS);
  return {
    waker,
    accept: waiting.take,
    async close() {
      clearInterval(timer);
      await waker.close();
    },
  };
}
