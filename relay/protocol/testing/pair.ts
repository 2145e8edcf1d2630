import { Session, type SessionEvents, type SessionOptions, type SessionTransport } from "../session.ts";

/** One direction of the pair: messages wait here until they are delivered. */
export class Wire implements SessionTransport {
  messages: Uint8Array[] = [];
  closedWith: { code: number; reason: string } | null = null;
  /** Messages stay queued: a peer that does not read. */
  stalled = false;
  /** Most bytes ever queued. */
  peakBytes = 0;
  sentMessages = 0;
  private queued = 0;

  send(batch: Uint8Array, start: number, end: number): void {
    this.messages.push(batch.slice(start, end));
    this.queued += end - start;
    this.sentMessages++;
    this.peakBytes = Math.max(this.peakBytes, this.queued);
  }

  bufferedBytes(): number {
    return this.queued;
  }

  close(code: number, reason: string): void {
    this.closedWith ??= { code, reason };
  }

  take(): Uint8Array | undefined {
    const message = this.messages.shift();
    if (message !== undefined) this.queued -= message.length;
    return message;
  }
}

export interface Pair {
  relay: Session;
  connector: Session;
  toConnector: Wire;
  toRelay: Wire;
  clock: { now: number };
  /** Runs ticks and deliveries until nothing moves. */
  settle(): void;
}

/** Two sessions over memory, greeted. The clock moves only by hand. */
export function createPair(
  relayEvents: SessionEvents,
  connectorEvents: SessionEvents,
  options: Partial<SessionOptions> = {},
): Pair {
  const tasks: (() => void)[] = [];
  const clock = { now: 0 };
  const toConnector = new Wire();
  const toRelay = new Wire();
  const common = { schedule: (task: () => void) => tasks.push(task), now: () => clock.now, ...options };
  const relay: Session = new Session({
    ...common,
    role: "relay",
    transport: toConnector,
    events: { onHello: () => relay.welcome(new Uint8Array(2)), ...relayEvents },
  });
  const connector = new Session({
    ...common,
    role: "connector",
    transport: toRelay,
    events: connectorEvents,
  });

  const settle = () => {
    for (;;) {
      const ran = tasks.splice(0);
      for (const task of ran) task();
      const moved = deliver(toConnector, relay, connector) || deliver(toRelay, connector, relay);
      if (ran.length === 0 && !moved && tasks.length === 0) return;
    }
  };
  connector.hello(new Uint8Array(2));
  settle();
  return { relay, connector, toConnector, toRelay, clock, settle };
}

function deliver(wire: Wire, sender: Session, receiver: Session): boolean {
  if (wire.stalled) return false;
  const message = wire.take();
  if (message === undefined) return false;
  receiver.receive(message);
  sender.drained();
  return true;
}
