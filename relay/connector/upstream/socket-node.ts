import net from "node:net";
import tls from "node:tls";
import { secureContextFor } from "../network/secure-context.ts";
import type { SocketOwner, SocketTarget, UpstreamSocket } from "./socket.ts";

/** Connects with `node:net` or `node:tls`: for a connector that runs without Bun. */
export function connectWithNode(target: SocketTarget, owner: SocketOwner): UpstreamSocket {
  const socket = new NodeSocket(owner);
  if (target.resolve === undefined) socket.open(target, target.host);
  else {
    target.resolve(target.host).then(
      (address) => socket.open(target, address),
      (error: Error) => socket.closed(error),
    );
  }
  return socket;
}

class NodeSocket implements UpstreamSocket {
  owner: SocketOwner;
  headCopy: Uint8Array | null = null;
  idle: SocketOwner | null = null;
  connected = false;
  private raw: net.Socket | null = null;
  private gone = false;
  private full = false;
  private paused = false;
  private error: Error | null = null;

  constructor(owner: SocketOwner) {
    this.owner = owner;
  }

  open(target: SocketTarget, host: string): void {
    if (this.gone) return;
    const options = { host, port: target.port, allowHalfOpen: true, noDelay: true };
    const raw: net.Socket =
      target.tls === null
        ? net.connect(options)
        : tls.connect({
            ...options,
            // A server name may not be an address (RFC 6066 section 3); the certificate is checked against it all the same.
            servername: net.isIP(target.tls.serverName) === 0 ? target.tls.serverName : undefined,
            checkServerIdentity: (_: string, certificate: tls.PeerCertificate) =>
              tls.checkServerIdentity(target.tls!.serverName, certificate),
            rejectUnauthorized: target.tls.verify,
            ...(target.tls.trusted && { secureContext: secureContextFor(target.tls.trusted) }),
          });
    this.raw = raw;
    raw.once(target.tls === null ? "connect" : "secureConnect", () => {
      if (this.gone) return;
      this.connected = true;
      this.owner.onSocketOpen();
    });
    raw.on("data", (chunk) => {
      if (!this.gone) this.owner.onSocketData(chunk);
    });
    raw.on("drain", () => {
      this.full = false;
      if (!this.gone) this.owner.onSocketDrain();
    });
    raw.on("end", () => {
      if (!this.gone) this.owner.onSocketEnd();
    });
    raw.on("error", (error) => {
      this.error = error;
    });
    raw.on("close", () => this.closed(this.error));
  }

  closed(error: Error | null): void {
    if (this.gone) return;
    this.gone = true;
    this.raw = null;
    this.owner.onSocketClose(error);
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.gone) return -1;
    if (!this.connected || this.full) return 0;
    // Node keeps a reference until the bytes are sent; ours are valid during the call only.
    this.full = !this.raw!.write(Buffer.from(bytes.subarray(offset, offset + length)));
    return length;
  }

  pause(): void {
    this.paused = true;
    this.raw?.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.raw?.resume();
  }

  finish(): void {
    this.raw?.end();
  }

  close(): void {
    this.detach()?.destroy();
  }

  destroy(): void {
    this.detach()?.resetAndDestroy();
  }

  private detach(): net.Socket | null {
    const { raw } = this;
    this.gone = true;
    this.raw = null;
    return raw;
  }
}
