import type { ConnectUpstream, SocketOwner, SocketTarget, UpstreamSocket } from "./socket.ts";

export interface PoolOptions {
  target: SocketTarget;
  connect: ConnectUpstream;
  /** Connections kept between requests. */
  maxIdle: number;
  /**
   * How long one is kept, ms. Common servers (Node, uvicorn, cpp-httplib) close after 5 s; staying under that means
   * that a request rarely meets a connection that is about to go.
   */
  idleTimeoutMs: number;
  now(): number;
}

/** Keep-alive connections to one upstream, last in first out, so that the surplus ages and is closed. */
export class UpstreamPool {
  private readonly options: PoolOptions;
  private readonly idle: IdleSocket[] = [];
  private closed = false;

  constructor(options: PoolOptions) {
    this.options = options;
  }

  /** Connections kept now. */
  get size(): number {
    return this.idle.length;
  }

  /** A connection used before, or null. */
  take(owner: SocketOwner): UpstreamSocket | null {
    const entry = this.idle.pop();
    if (entry === undefined) return null;
    entry.socket.owner = owner;
    return entry.socket;
  }

  /** A new connection. */
  connect(owner: SocketOwner): UpstreamSocket {
    return this.options.connect(this.options.target, owner);
  }

  /**
   * Keeps a connection whose last exchange ended cleanly.
   * @param heardAt when the upstream was heard last: its own timer runs from there
   * @param keepAliveMs what the upstream's `Keep-Alive: timeout=` said, when it did
   */
  release(socket: UpstreamSocket, heardAt: number, keepAliveMs?: number): void {
    const { maxIdle, idleTimeoutMs } = this.options;
    // A second off what the upstream promised: our request must arrive before its timer fires.
    const keepMs = Math.min(idleTimeoutMs, keepAliveMs === undefined ? idleTimeoutMs : keepAliveMs - 1_000);
    if (this.closed || this.idle.length >= maxIdle || keepMs <= 0) {
      socket.close();
      return;
    }
    const entry = (socket.idle as IdleSocket | null) ?? new IdleSocket(this, socket);
    entry.until = heardAt + keepMs;
    socket.idle = entry;
    socket.owner = entry;
    this.idle.push(entry);
  }

  /** Closes what has been idle for too long. Call every second or so. */
  sweep(): void {
    const at = this.options.now();
    let kept = 0;
    for (const entry of this.idle) {
      if (entry.until > at) this.idle[kept++] = entry;
      else entry.socket.close();
    }
    this.idle.length = kept;
  }

  /** Closes the idle ones; released ones are closed from here on. */
  close(): void {
    this.closed = true;
    for (const { socket } of this.idle) socket.close();
    this.idle.length = 0;
  }

  /** Forgets one that has become useless. */
  drop(entry: IdleSocket): void {
    const at = this.idle.indexOf(entry);
    if (at >= 0) this.idle.splice(at, 1);
    entry.socket.close();
  }
}

/** Whatever an idle connection says, it is of no more use: closed, or bytes that answer nothing. */
class IdleSocket implements SocketOwner {
  readonly socket: UpstreamSocket;
  /** It is closed then, ms of the pool's clock. */
  until = 0;
  private readonly pool: UpstreamPool;

  constructor(pool: UpstreamPool, socket: UpstreamSocket) {
    this.pool = pool;
    this.socket = socket;
  }
  onSocketOpen(): void {}
  onSocketDrain(): void {}
  onSocketData(): void {
    this.pool.drop(this);
  }
  onSocketEnd(): void {
    this.pool.drop(this);
  }
  onSocketClose(): void {
    this.pool.drop(this);
  }
}
