import { latin1 } from "./framers.ts";
import { isObject } from "./token-count.ts";

const LF = 10;
const CR = 13;
const { indexOf } = Buffer.prototype;

/** An event that is longer than this is no usage chunk, and is not held back. */
const MAX_HELD_BYTES = 16_384;

/**
 * Takes the one event out of a chat or completions stream that the client did not ask for: `choices: []` together with
 * `usage`. All other bytes pass as they came, whole events at once; the beginning of an event waits for its end, since a
 * reader can do nothing with it before.
 */
export class UsageStripper {
  /** Events taken out. */
  stripped = 0;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  /** In the middle of an event that was let through because of its length. */
  private passing = false;
  private lineIsEmpty = true;
  /** The last byte was a CR: an LF that follows belongs to it. */
  private afterCr = false;
  /** The event that ended with that CR was taken out. */
  private dropsLf = false;
  private readonly forward: (bytes: Uint8Array) => void;

  /** @param forward gets what passes: views of what was fed, valid during the call, or held copies */
  constructor(forward: (bytes: Uint8Array) => void) {
    this.forward = forward;
  }

  /** What was forwarded ends with a whole event: the beginning of another one is held back. */
  get atEventEnd(): boolean {
    return !this.passing;
  }

  feed(chunk: Uint8Array): void {
    if (this.isHarmless(chunk)) {
      this.forward(chunk);
      return;
    }
    /** Start of what is not forwarded yet, and of the event that is looked at. */
    let from = 0;
    let event = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === LF && this.afterCr) {
        this.afterCr = false;
        if (this.dropsLf && at === from) {
          from = at + 1;
          event = at + 1;
        } else if (event === at && this.heldBytes === 0) {
          // It ends the event before it.
          event = at + 1;
        }
        this.dropsLf = false;
        continue;
      }
      this.afterCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        this.lineIsEmpty = false;
        this.dropsLf = false;
        continue;
      }
      if (!this.lineIsEmpty) {
        this.lineIsEmpty = true;
        continue;
      }
      const end = at + 1;
      if (this.passing) {
        this.passing = false;
      } else if (this.isUsage(chunk, event, end)) {
        if (event > from) this.forward(chunk.subarray(from, event));
        this.held = [];
        this.heldBytes = 0;
        this.stripped++;
        from = end;
        this.dropsLf = byte === CR;
      } else if (this.heldBytes > 0) {
        this.release();
      }
      event = end;
    }
    if (this.passing) event = chunk.length;
    if (event > from) this.forward(chunk.subarray(from, event));
    if (event < chunk.length) this.hold(chunk.subarray(event));
  }

  /** The stream is over: an event without its empty line is looked at, too. */
  end(): void {
    if (this.heldBytes === 0) return;
    if (this.isUsage(new Uint8Array(0), 0, 0)) this.stripped++;
    else this.release();
    this.held = [];
    this.heldBytes = 0;
  }

  /** Whole events with LF, none of which names usage: what most of a stream is. Native searches, a tenth of the walk's cost. */
  private isHarmless(chunk: Uint8Array): boolean {
    const { length } = chunk;
    if (this.heldBytes > 0 || this.passing || this.afterCr || !this.lineIsEmpty || length < 2) return false;
    if (chunk[length - 1] !== LF || chunk[length - 2] !== LF || chunk.indexOf(CR) >= 0) return false;
    return indexOf.call(chunk, '"usage"', 0, "latin1") < 0;
  }

  private hold(bytes: Uint8Array): void {
    this.held.push(Uint8Array.prototype.slice.call(bytes));
    this.heldBytes += bytes.length;
    if (this.heldBytes <= MAX_HELD_BYTES) return;
    this.release();
    this.passing = true;
  }

  private release(): void {
    for (const bytes of this.held) this.forward(bytes);
    this.held = [];
    this.heldBytes = 0;
  }

  private isUsage(chunk: Uint8Array, from: number, to: number): boolean {
    if (this.heldBytes + to - from > MAX_HELD_BYTES) return false;
    const text = this.held.map(latin1).join("") + latin1(chunk.subarray(from, to));
    if (!text.includes('"usage"') || !text.includes('"choices"')) return false;
    const lines = text.split(/\r\n|\r|\n/);
    const data = lines
      .map((line) => /^(?:\xef\xbb\xbf)?data(?:: ?(.*))?$/.exec(line))
      .flatMap((match) => (match === null ? [] : [match[1] ?? ""]))
      .join("\n");
    try {
      const event: unknown = JSON.parse(data);
      if (!isObject(event) || !isObject(event.usage)) return false;
      return Array.isArray(event.choices) && event.choices.length === 0;
    } catch {
      // No JSON: not the event that was asked for, so it passes.
      return false;
    }
  }
}
