import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import type { LaneTask } from "./side-lane.ts";

/** Bytes of a connection that waits for its turn: it is not read beyond them. */
const MAX_HELD_BYTES = 65_536;

/** A connection whose events can be taken. */
export interface Admissible extends RawConnection {
  events: RawConnectionEvents | null;
}

/**
 * A new connection that waits in a rush of them, and hears its events meanwhile. One that goes before its turn has come
 * costs nothing more: not even its address is asked for.
 */
export class NewConnection<C extends Admissible> implements RawConnectionEvents, LaneTask {
  private readonly connection: C;
  private readonly admit: (connection: C) => void;
  private held: Uint8Array | null = null;
  private isPaused = false;
  private isEnded = false;
  private isGone = false;

  /** @param admit gives the connection other events, or ends it */
  constructor(connection: C, admit: (connection: C) => void) {
    this.connection = connection;
    this.admit = admit;
    connection.events = this;
  }

  onTurn(): void {
    const { connection, held } = this;
    if (this.isGone) return;
    connection.events = null;
    this.admit(connection);
    if (this.isPaused) connection.resume();
    // Each may change who hears the next.
    if (held !== null) eventsOf(connection)?.onData(held);
    if (this.isEnded) eventsOf(connection)?.onEnd();
  }

  cut(): void {
    this.connection.terminate();
  }

  onData(chunk: Uint8Array): void {
    this.held = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
    if (this.held.length <= MAX_HELD_BYTES || this.isPaused) return;
    this.isPaused = true;
    this.connection.pause();
  }

  onDrain(): void {
    // Nothing was written to it.
  }

  onEnd(): void {
    this.isEnded = true;
    // It asked for nothing, so it is owed nothing.
    if (this.held === null) this.connection.terminate();
  }

  onClose(): void {
    this.isGone = true;
    this.held = null;
  }
}

function eventsOf(connection: Admissible): RawConnectionEvents | null {
  return connection.events;
}
