import { Session, type SessionEvents, type SessionOptions } from "../session.ts";

export interface PathOptions {
  /** There and back, ms. */
  roundTripMs: number;
  /** What the path carries each way, bytes per ms. */
  bytesPerMs: number;
  relay?: SessionEvents;
  connector?: SessionEvents;
  session?: Partial<SessionOptions>;
}

/** Two greeted sessions over a path with a delay and a rate, on a clock that is made: an hour takes no time. */
export interface Path {
  readonly relay: Session;
  readonly connector: Session;
  readonly now: number;
  /** Runs `task` after `ms`. */
  after(ms: number, task: () => void): void;
  /** Runs what happens in the next `ms`. */
  run(ms: number): void;
  /** Runs until the condition holds. @throws when it does not within `limitMs` */
  runUntil(condition: () => boolean, limitMs: number): void;
}

interface Happening {
  at: number;
  order: number;
  task: () => void;
}

export function createPath(options: PathOptions): Path {
  const heap = new Timeline();
  let now = 0;
  let order = 0;
  const after = (ms: number, task: () => void) => heap.add({ at: now + ms, order: order++, task });
  const step = () => {
    const next = heap.take();
    if (next === null) return false;
    now = next.at;
    next.task();
    return true;
  };

  /** One direction: what was sent leaves at the rate of the path and arrives half a round trip later. */
  const wire = (sender: () => Session, receiver: () => Session) => {
    let queued = 0;
    let freeAt = 0;
    return {
      send(batch: Uint8Array, start: number, end: number) {
        const message = batch.slice(start, end);
        queued += message.length;
        freeAt = Math.max(freeAt, now) + message.length / options.bytesPerMs;
        after(freeAt - now, () => {
          queued -= message.length;
          sender().drained();
          after(options.roundTripMs / 2, () => receiver().receive(message));
        });
      },
      bufferedBytes: () => queued,
      close: () => undefined,
    };
  };
  const common = { schedule: (task: () => void) => after(0, task), now: () => now, ...options.session };
  const relay: Session = new Session({
    ...common,
    role: "relay",
    transport: wire(
      () => relay,
      () => connector,
    ),
    events: { onHello: () => relay.welcome(new Uint8Array(2)), ...options.relay },
  });
  const connector: Session = new Session({
    ...common,
    role: "connector",
    transport: wire(
      () => connector,
      () => relay,
    ),
    events: options.connector ?? {},
  });

  const path: Path = {
    relay,
    connector,
    get now() {
      return now;
    },
    after,
    run(ms) {
      const end = now + ms;
      while (heap.firstAt <= end && step());
      now = end;
    },
    runUntil(condition, limitMs) {
      const end = now + limitMs;
      while (!condition()) {
        if (heap.firstAt > end || !step()) throw new Error(`not within ${limitMs} ms`);
      }
    },
  };
  connector.hello(new Uint8Array(2));
  while (relay.baseRoundTripMs === null || connector.baseRoundTripMs === null) {
    relay.ping();
    connector.ping();
    path.run(2 * options.roundTripMs + 1);
  }
  return path;
}

/** What happens next comes first: a binary heap. */
class Timeline {
  private readonly items: Happening[] = [];

  get firstAt(): number {
    return this.items[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(item: Happening): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(items[at]!, items[parent]!)) break;
      [items[at], items[parent]] = [items[parent]!, items[at]!];
      at = parent;
    }
  }

  take(): Happening | null {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined) return null;
    if (items.length === 0) return first;
    items[0] = last;
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < items.length && isEarlier(items[child]!, items[least]!)) least = child;
      }
      if (least === at) return first;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }
}

function isEarlier(a: Happening, b: Happening): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
