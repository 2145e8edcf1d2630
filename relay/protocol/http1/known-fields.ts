import { Framing } from "./framing.ts";
import type { RequestHead } from "./request-head.ts";

/** Longer field lines cost more to keep than they save. */
const MAX_BYTES = 4_096;
const compare = Buffer.prototype.compare;

/**
 * The field lines of one request head without a body, and what they were parsed to: the next request of a connection
 * mostly has the very same ones, and equal bytes need not be read twice.
 */
export class KnownFields {
  private readonly bytes: Buffer;
  private readonly cells: Int32Array;
  private readonly host: number;
  private readonly keepAlive: boolean;
  private readonly close: boolean;
  private readonly asksKeepAlive: boolean;

  private constructor(head: RequestHead) {
    const { fields, connection, fieldsStart, end } = head;
    this.bytes = Buffer.from(head.bytes.subarray(fieldsStart, end));
    this.cells = fields.copyCells(fieldsStart);
    this.host = head.host;
    this.keepAlive = head.keepAlive;
    this.close = connection.close;
    this.asksKeepAlive = connection.keepAlive;
  }

  /** @returns null for a head whose lines say more than fits here: a body, an upgrade, fields of this hop, HTTP/1.0 */
  static of(head: RequestHead): KnownFields | null {
    const { connection } = head;
    if (head.framing !== Framing.none || head.minorVersion !== 1 || head.expectContinue) return null;
    if (connection.upgrade || connection.namesFields || head.offersUpgrade) return null;
    return head.end - head.fieldsStart > MAX_BYTES ? null : new KnownFields(head);
  }

  /** Whether these lines, with the empty one, stand at `at`. */
  standAt(bytes: Uint8Array, at: number, to: number): boolean {
    const { length } = this.bytes;
    return to - at >= length && compare.call(bytes, this.bytes, 0, length, at, at + length) === 0;
  }

  /** Fills in what parsing them would. @returns offset after the empty line */
  restore(head: RequestHead, at: number): number {
    head.fields.setCells(this.cells, at);
    head.connection.reset();
    head.connection.close = this.close;
    head.connection.keepAlive = this.asksKeepAlive;
    head.host = this.host;
    head.framing = Framing.none;
    head.contentLength = 0;
    head.expectContinue = false;
    head.offersUpgrade = false;
    head.websocket = false;
    head.keepAlive = this.keepAlive;
    head.end = at + this.bytes.length;
    return head.end;
  }
}
