import type { RawConnection, RawConnectionEvents } from "../../routes/tunnel.ts";

/** What every HTTP/2 connection begins with (RFC 9113 section 3.4). */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * Hears the first bytes of a connection and says which protocol it speaks: after ALPN and with prior knowledge the preface
 * comes first, and no HTTP/1.1 request begins like it. Then it is out of the way.
 */
export class FirstBytes implements RawConnectionEvents {
  private readonly raw: RawConnection;
  private readonly http1: RawConnectionEvents;
  private readonly startHttp2: (first: Uint8Array) => RawConnectionEvents;
  private held: Buffer | null = null;

  /**
   * @param http1 hears all that comes when it is not HTTP/2
   * @param startHttp2 makes who hears it otherwise; is given the first bytes, the preface among them
   */
  constructor(
    raw: RawConnection,
    http1: RawConnectionEvents,
    startHttp2: (first: Uint8Array) => RawConnectionEvents,
  ) {
    this.raw = raw;
    this.http1 = http1;
    this.startHttp2 = startHttp2;
  }

  onData(chunk: Uint8Array): void {
    const bytes = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
    const length = Math.min(bytes.length, PREFACE.length);
    for (let i = 0; i < length; i++) {
      if (bytes[i] === PREFACE[i]) continue;
      this.raw.takeOver(this.http1);
      this.http1.onData(bytes);
      return;
    }
    if (length < PREFACE.length) this.held = Buffer.from(bytes);
    else this.raw.takeOver(this.startHttp2(bytes));
  }

  onDrain(): void {
    this.http1.onDrain();
  }
  onEnd(): void {
    this.http1.onEnd();
  }
  onClose(): void {
    this.http1.onClose();
  }
}
