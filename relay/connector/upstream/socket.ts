/**
 * A TCP or TLS connection to the upstream, the same on Bun and Node. It is usable at once: until it is connected,
 * `write` takes nothing; `onSocketOpen` tells when it is.
 */
export interface UpstreamSocket {
  /** Who hears of this socket; the pool hands a socket on by changing it. */
  owner: SocketOwner;
  /** Room of the exchange that has the socket, for a copy of its request head: kept with the socket, so allocated once. */
  headCopy: Uint8Array | null;
  /** Who hears of it between exchanges: kept by the pool for its next rest. */
  idle: SocketOwner | null;
  /** True from `onSocketOpen` on. */
  readonly connected: boolean;
  /** Sends at once; returns the bytes taken (fewer: wait for `onSocketDrain`), -1 when the socket is gone. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  /** Stops reading; what was read already may still come. */
  pause(): void;
  resume(): void;
  /** Sends FIN after what `write` took; reading goes on. */
  finish(): void;
  /** Closes both directions in order (FIN); the owner hears nothing more. For a connection that owes nothing. */
  close(): void;
  /** Drops the connection now (RST), so that the upstream stops working on it; the owner hears nothing more. */
  destroy(): void;
}

export interface SocketOwner {
  /** Connected, and for TLS the certificate is accepted. */
  onSocketOpen(): void;
  /** The chunk belongs to the owner, but may pin a large buffer: copy small remainders. */
  onSocketData(chunk: Uint8Array): void;
  /** `write` took less than it was given; there is room again. */
  onSocketDrain(): void;
  /** The upstream sends nothing more (FIN). Told at most once, always before a clean `onSocketClose`. */
  onSocketEnd(): void;
  /** The socket is gone, both ways. `error` says why it failed to connect or was reset; null after a clean end. */
  onSocketClose(error: Error | null): void;
}

export interface SocketTarget {
  /** Name or address, IPv6 without brackets. */
  host: string;
  port: number;
  /**
   * Null for plain TCP. `serverName` is what SNI says and the certificate must name; `trusted` are PEM certificates
   * instead of those that the runtime trusts.
   */
  tls: { serverName: string; verify: boolean; trusted?: readonly string[] } | null;
  /**
   * Turns the name into the address to connect to; without it the system does. A rejection ends the attempt with
   * `onSocketClose(error)`.
   */
  resolve?: (host: string) => Promise<string>;
}

export type ConnectUpstream = (target: SocketTarget, owner: SocketOwner) => UpstreamSocket;
