import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import type { EdgeLog } from "./deps.ts";
import { NewConnection } from "./new-connection.ts";
import type { SideLane } from "./side-lane.ts";

export interface ListenOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly hostname: string;
  /** Lets a second process listen on the same port, for a hand-over. */
  readonly reusePort?: boolean;
}

/** What the listeners need of the edge: it hears when a read of a socket is worked on, from its first byte to its last. */
export interface Turns {
  startTurn(): void;
  endTurn(): void;
  /** Where new connections wait in a rush. */
  readonly newcomers: SideLane;
}

type Accept = (raw: RawConnection) => { readonly events: RawConnectionEvents; release(): void } | null;

/** Silence after which the kernel asks whether the peer is still there. */
const KEEP_ALIVE_MS = 60_000;

/** One socket of `Bun.listen` in the shape that the rooms of the relay share. */
class BunConnection implements RawConnection {
  remoteAddress = "";
  events: RawConnectionEvents | null = null;
  release: (() => void) | null = null;
  private readonly socket: Socket<BunConnection>;

  constructor(socket: Socket<BunConnection>) {
    this.socket = socket;
  }

  /** Asks for its address: not done for those that are gone before their turn. @returns false when it is gone */
  identify(): boolean {
    this.remoteAddress = this.socket.remoteAddress ?? "";
    return this.remoteAddress !== "";
  }

  write(bytes: Uint8Array, offset = 0, length = bytes.length - offset): number {
    return this.socket.write(bytes, offset, length);
  }
  pause(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
  /** `socket.end` would close both directions and lose what the client still sends, and with it our answer. */
  end(): void {
    this.socket.shutdown();
  }
  terminate(): void {
    this.socket.terminate();
  }
  takeOver(events: RawConnectionEvents): void {
    this.events = events;
  }
  keepAlive(): void {
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
}

/** The listening sockets of an edge. Half-open connections are allowed: FIN from a client is the end of its requests only. */
export function createListeners(accept: Accept, turns: Turns, log: EdgeLog) {
  const open: TCPSocketListener<BunConnection>[] = [];
  const { newcomers } = turns;
  function admit(connection: BunConnection): void {
    // Gone again before we looked (a client that tries both address families closes the slower one): no address.
    if (!connection.identify()) {
      connection.terminate();
      return;
    }
    const accepted = accept(connection);
    if (accepted === null) return;
    connection.events = accepted.events;
    connection.release = accepted.release;
    connection.keepAlive();
  }
  const handlers: SocketHandler<BunConnection> = {
    open(socket) {
      // All that wait in the kernel are accepted in one go: in a rush, no more is done for each than to remember it.
      const connection = new BunConnection(socket);
      socket.data = connection;
      if (newcomers.tryNow()) admit(connection);
      else newcomers.add(new NewConnection(connection, admit));
    },
    data(socket, chunk) {
      turns.startTurn();
      try {
        socket.data.events?.onData(chunk);
      } finally {
        turns.endTurn();
      }
    },
    drain(socket) {
      socket.data.events?.onDrain();
    },
    end(socket) {
      socket.data.events?.onEnd();
    },
    close(socket) {
      const connection = socket.data;
      connection.events?.onClose();
      connection.events = null;
      connection.release?.();
      connection.release = null;
    },
    error(socket, error) {
      // What a handler above throws ends here too: its connection is in an unknown state.
      log.error({ err: error }, "client socket failed");
      socket.terminate();
    },
  };
  return {
    open({ port, hostname, reusePort = false }: ListenOptions) {
      const options = {
        port,
        hostname,
        // Known to Bun, not to its types.
        reusePort,
        allowHalfOpen: true,
        socket: handlers,
      };
      const listener = Bun.listen<BunConnection>(options);
      open.push(listener);
      return { port: listener.port, hostname: listener.hostname };
    },
    close() {
      for (const listener of open.splice(0)) listener.stop(false);
    },
  };
}
