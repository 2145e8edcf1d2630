import type { PlainRows, PlainSum } from "../../server/usage/index.ts";
import { fromCopy, PLAIN } from "./journal/index.ts";

const TAB = 9;
const ZERO = 48;
const LETTER_T = 116;
const HOUR_MS = 3_600_000;
/** A time in a line, and the tab behind it. */
const TIME_BYTES = 25;
/** Fields that say whose a request was, the first three of which a sum is for. */
const OWNER_FIELDS = 5;
const SUM_FIELDS = 3;

/**
 * Gathers plain requests, as the journal has them, for Postgres: their lines are copied and their numbers added up as
 * they stand there, without making a record of each.
 */
export class PlainRowsBuilder {
  count = 0;
  /** Of the last one that was added, epoch, ms. */
  endedAt = 0;
  private readonly lines: Buffer;
  private length = 0;
  private readonly sums = new Map<string, PlainSum>();
  /** Whose the last one was, and the sum it went to: mostly the same as the next one's. */
  private owner = Buffer.alloc(0);
  private hour = -1;
  private sum: PlainSum | null = null;
  private at = 0;

  /** @param lines room for all payloads together; what `finish` returns stands in it */
  constructor(lines: Buffer) {
    this.lines = lines;
  }

  /** @returns false: it is not plain, and was not added */
  add(bytes: Buffer, from: number, to: number): boolean {
    if (!startsWith(bytes, from, PLAIN)) return false;
    // Behind it whether the client went away, and a tab.
    this.at = from + PLAIN.length + 2;
    this.endedAt = this.number(bytes);
    const line = this.at;
    this.length += bytes.copy(this.lines, this.length, line, to);
    this.count++;
    this.at = line + TIME_BYTES;
    const status = this.number(bytes);
    const bytesIn = this.number(bytes);
    const bytesOut = this.number(bytes);
    const durationMs = this.number(bytes);
    const forwarded = bytes[this.at] === LETTER_T;
    const sum = this.sumOf(bytes, this.at + 2);
    if (!forwarded) return true;
    sum.requests++;
    if (status >= 400) sum.errors++;
    sum.bytesIn += bytesIn;
    sum.bytesOut += bytesOut;
    sum.connectionMs += durationMs;
    return true;
  }

  finish(): PlainRows {
    return {
      count: this.count,
      lines: this.lines.subarray(0, this.length),
      sums: [...this.sums.values()],
    };
  }

  private sumOf(bytes: Buffer, at: number): PlainSum {
    const hour = Math.floor(this.endedAt / HOUR_MS);
    if (this.sum !== null && hour === this.hour && startsWith(bytes, at, this.owner)) return this.sum;
    const fields = fieldsAt(bytes, at, OWNER_FIELDS);
    const [tenantId, endpointId, accessKeyId] = fields.slice(0, SUM_FIELDS).map(fromCopy);
    const key = `${hour}\t${tenantId}\t${endpointId}\t${accessKeyId ?? ""}`;
    let sum = this.sums.get(key);
    if (sum === undefined) {
      sum = {
        tenantId: tenantId!,
        endpointId: endpointId!,
        accessKeyId: accessKeyId ?? null,
        hour: hour * HOUR_MS,
        requests: 0,
        errors: 0,
        bytesIn: 0,
        bytesOut: 0,
        connectionMs: 0,
      };
      this.sums.set(key, sum);
    }
    this.owner = Buffer.from(`${fields.join("\t")}\t`);
    this.hour = hour;
    this.sum = sum;
    return sum;
  }

  /** The whole number at `at`, which moves behind the tab that ends it. */
  private number(bytes: Buffer): number {
    let value = 0;
    let { at } = this;
    for (; bytes[at] !== TAB; at++) value = value * 10 + bytes[at]! - ZERO;
    this.at = at + 1;
    return value;
  }
}

function fieldsAt(bytes: Buffer, at: number, count: number): string[] {
  const fields: string[] = [];
  let from = at;
  for (let n = 0; n < count; n++) {
    const to = bytes.indexOf(TAB, from);
    fields.push(bytes.toString("utf8", from, to));
    from = to + 1;
  }
  return fields;
}

function startsWith(bytes: Buffer, at: number, start: Buffer): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}
