import { GoawayCode } from "../protocol/codes.ts";
import { Session, type SessionEvents, type SessionTransport } from "../protocol/session.ts";

/** One direction: messages are handed over behind the work at hand, so that neither end runs inside the other. */
class MemoryWire implements SessionTransport {
  sender!: Session;
  receiver!: Session;
  private waiting: Uint8Array[] = [];
  private bytes = 0;
  private readonly defer: (task: () => void) => void;

  constructor(defer: (task: () => void) => void) {
    this.defer = defer;
  }

  send(batch: Uint8Array, start: number, end: number): void {
    if (this.waiting.length === 0) this.defer(() => this.deliver());
    this.waiting.push(batch.slice(start, end));
    this.bytes += end - start;
  }

  bufferedBytes(): number {
    return this.bytes;
  }

  close(_code: number, reason: string): void {
    this.defer(() => this.receiver.lost(reason));
  }

  private deliver(): void {
    const messages = this.waiting;
    this.waiting = [];
    this.bytes = 0;
    for (const message of messages) this.receiver.receive(message);
    this.sender.drained();
  }
}

/**
 * Both ends of a link in one process, greeted and ready. Flow control, fairness and cancelling are those of a real link,
 * so that a direct upstream behaves like one behind a connector.
 */
export function createMemoryLink(onOpen: NonNullable<SessionEvents["onOpen"]>): Session {
  const starting: (() => void)[] = [];
  let started = false;
  const schedule = (task: () => void) => {
    if (started) setImmediate(task);
    else starting.push(task);
  };
  const now = () => performance.now();
  const toConnector = new MemoryWire(schedule);
  const toRelay = new MemoryWire(schedule);
  const relay: Session = new Session({
    role: "relay",
    transport: toConnector,
    schedule,
    now,
    events: { onHello: () => relay.welcome(greeting), onClose: () => connector.close(GoawayCode.drain, "") },
  });
  const connector = new Session({ role: "connector", transport: toRelay, schedule, now, events: { onOpen } });
  toConnector.sender = relay;
  toConnector.receiver = connector;
  toRelay.sender = connector;
  toRelay.receiver = relay;
  connector.tellsTiming = true;
  connector.hello(greeting);
  for (let task = starting.shift(); task !== undefined; task = starting.shift()) task();
  started = true;
  return relay;
}

/** Both ends know each other: what a greeting says is of no interest here. */
const greeting = new TextEncoder().encode("{}");
