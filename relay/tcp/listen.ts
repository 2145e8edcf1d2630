import type { Socket } from "bun";
import type { SpliceSocket } from "../protocol/tcp/splice.ts";

/** A client's connection at the public port of a tunnel, as the system gave it to us. */
export interface ClientSocket extends SpliceSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface ClientSocketEvents {
  onSocketData(chunk: Uint8Array): void;
  onSocketDrain(): void;
  onSocketEnd(): void;
  /** @param failed reset, or broken; else both directions have ended */
  onSocketClose(failed: boolean): void;
}

/** Takes a connection, or null: then it has been dropped. */
export type AcceptClient = (socket: ClientSocket) => ClientSocketEvents | null;

/** Listens at a port of every address of this machine. @returns how to stop; running connections go on */
export type Listen = (port: number, accept: AcceptClient) => { stop(): void };

type Raw = Socket<{ events: ClientSocketEvents | null }>;

/** How long an idle connection lies before the system asks whether the other end lives, ms. */
const KEEP_ALIVE_MS = 60_000;

class BunClientSocket implements ClientSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  private readonly raw: Raw;

  constructor(raw: Raw) {
    this.raw = raw;
    this.remoteAddress = raw.remoteAddress;
    this.remotePort = raw.remotePort;
    this.localAddress = raw.localAddress;
    this.localPort = raw.localPort;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.raw.write(bytes, offset, length);
  }

  pause(): void {
    this.raw.pause();
  }

  resume(): void {
    this.raw.resume();
  }

  finish(): void {
    this.raw.shutdown();
  }

  destroy(): void {
    this.raw.terminate();
  }
}

/** @throws as the system does: EADDRINUSE when another program has the port */
export const listenWithBun: Listen = (port, accept) => {
  try {
    return listenAt("::", port, accept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAFNOSUPPORT") throw error;
    return listenAt("0.0.0.0", port, accept);
  }
};

function listenAt(hostname: string, port: number, accept: AcceptClient): { stop(): void } {
  const options = {
    port,
    hostname,
    // Known to Bun, not to its types: a relay that takes over listens while its predecessor drains.
    reusePort: true,
    allowHalfOpen: true,
    socket: {
      open(raw: Raw) {
        raw.data = { events: null };
        // Gone again before we looked: no address.
        if (!raw.remoteAddress) return void raw.terminate();
        raw.setKeepAlive(true, KEEP_ALIVE_MS);
        raw.data.events = accept(new BunClientSocket(raw));
      },
      data: (raw: Raw, chunk: Uint8Array) => raw.data.events?.onSocketData(chunk),
      drain: (raw: Raw) => raw.data.events?.onSocketDrain(),
      end: (raw: Raw) => raw.data.events?.onSocketEnd(),
      close(raw: Raw, error?: Error) {
        const { events } = raw.data;
        raw.data.events = null;
        events?.onSocketClose(error !== undefined && error !== null);
      },
      error: (raw: Raw) => void raw.terminate(),
    },
  };
  const listener = Bun.listen<{ events: ClientSocketEvents | null }>(options);
  return { stop: () => listener.stop(false) };
}
