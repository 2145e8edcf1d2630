import { fromCopyField } from "../../db/client.ts";
import type { RequestBlock } from "../../server/requests/index.ts";
import type { PlainRows, PlainSum } from "../../server/usage/index.ts";
import { PLAIN } from "./journal/index.ts";

const TAB = 9;
const ZERO = 48;
const LETTER_T = 116;
const HOUR_MS = 3_600_000;
/** A time in a line, `2026-11-20T12:30:00.123Z`, and the tab behind it. */
const TIME_BYTES = 25;
/** What of it names the minute. */
const MINUTE_BYTES = 16;
/** Fields that say whose a request was. */
const OWNER_FIELDS = 5;
/** A page of the log reads whole blocks; and compressing a longer one saves next to nothing more. */
const MAX_BLOCK_BYTES = 65_536;

type OpenBlock = { -readonly [Name in keyof RequestBlock]: RequestBlock[Name] };

/** Of one tenant, endpoint, key, connector and relay. */
interface Owner {
  /** The five fields as they stand in a line, a tab behind each. */
  readonly bytes: Buffer;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly accessKeyId: string | null;
  readonly connectorId: string | null;
  readonly relayId: string;
  /** The hour of its last request, and the sum it went to: mostly the same as the next one's. */
  hour: number;
  sum: PlainSum | null;
  /** Likewise the minute, as it is written, and the block. */
  readonly minute: Buffer;
  minuteMs: number;
  block: OpenBlock | null;
  readonly blocks: Map<number, OpenBlock>;
}

/**
 * Gathers plain requests, as the journal has them, for Postgres: their lines are copied to blocks and their numbers
 * added up as they stand there, without making a record of each. For one batch after the other.
 */
export class PlainRowsBuilder {
  /** When the last one that was added had ended, epoch, ms. */
  endedAt = 0;
  private count = 0;
  /** Lines as they came, and the same block by block; kept, as new memory has to be brought in page by page. */
  private lines = Buffer.alloc(0);
  private sorted = Buffer.alloc(0);
  private length = 0;
  private sums = new Map<string, PlainSum>();
  private owners = new Map<string, Owner>();
  private owner: Owner | null = null;
  private blocks: OpenBlock[] = [];
  /** Lines that stand together and are of one block: whose, and where the first one begins. */
  private runs: { readonly block: OpenBlock; readonly from: number }[] = [];
  private running: OpenBlock | null = null;
  private at = 0;

  /**
   * Begins a batch; what `finish` gave before is no longer valid.
   * @param bytes of all its payloads together
   */
  start(bytes: number): void {
    if (bytes > this.lines.length) this.lines = Buffer.allocUnsafeSlow(bytes + (bytes >> 1));
    this.count = 0;
    this.length = 0;
    this.sums = new Map();
    this.owners = new Map();
    this.owner = null;
    this.blocks = [];
    this.runs = [];
    this.running = null;
  }

  /** @returns false: it is not plain, or not as it should be, and was not added */
  add(bytes: Buffer, from: number, to: number): boolean {
    if (!startsWith(bytes, from, PLAIN)) return false;
    // Behind it whether the client went away, and a tab.
    this.at = from + PLAIN.length + 2;
    const endedAt = this.number(bytes);
    const line = this.at;
    this.at = line + TIME_BYTES;
    const status = this.number(bytes);
    const bytesIn = this.number(bytes);
    const bytesOut = this.number(bytes);
    const durationMs = this.number(bytes);
    if (endedAt < 0 || status < 0 || bytesIn < 0 || bytesOut < 0 || durationMs < 0) return false;
    if (bytes[line + TIME_BYTES - 1] !== TAB) return false;
    const ownerAt = this.at + 2;
    let { owner } = this;
    if (owner === null || !startsWith(bytes, ownerAt, owner.bytes)) owner = this.ownerAt(bytes, ownerAt);
    const block = this.blockOf(owner, bytes, line);
    if (block !== this.running) this.turnTo(block);

    const start = this.length;
    const { lines } = this;
    let end = start;
    for (let at = line; at < ownerAt; at++) lines[end++] = bytes[at]!;
    this.length = end += bytes.copy(lines, end, ownerAt + owner.bytes.length, to);
    this.endedAt = endedAt;
    this.count++;
    block.requests++;
    block.bytes += end - start;
    const startedAt = owner.minuteMs + millisecondsAt(bytes, line + MINUTE_BYTES + 1);
    if (startedAt < block.firstAt) block.firstAt = startedAt;
    if (startedAt > block.lastAt) block.lastAt = startedAt;
    if (block.bytes >= MAX_BLOCK_BYTES) {
      owner.blocks.delete(owner.minuteMs);
      owner.block = null;
    }
    const sum = this.sumOf(owner, endedAt);
    if (bytes[ownerAt - 2] !== LETTER_T) return true;
    block.forwarded++;
    sum.requests++;
    if (status >= 400) sum.errors++;
    sum.bytesIn += bytesIn;
    sum.bytesOut += bytesOut;
    sum.connectionMs += durationMs;
    return true;
  }

  finish(): PlainRows {
    const { count, blocks } = this;
    return { count, blocks, lines: this.blockByBlock(), sums: [...this.sums.values()] };
  }

  private ownerAt(bytes: Buffer, at: number): Owner {
    let end = at;
    for (let n = 0; n < OWNER_FIELDS; n++) end = bytes.indexOf(TAB, end) + 1;
    const text = bytes.toString("utf8", at, end);
    let owner = this.owners.get(text);
    if (owner === undefined) {
      const [tenantId, endpointId, accessKeyId, connectorId, relayId] = text.split("\t").map(fromCopyField);
      owner = {
        bytes: Buffer.from(text),
        tenantId: tenantId!,
        endpointId: endpointId!,
        accessKeyId: accessKeyId!,
        connectorId: connectorId!,
        relayId: relayId!,
        hour: -1,
        sum: null,
        minute: Buffer.alloc(MINUTE_BYTES),
        minuteMs: 0,
        block: null,
        blocks: new Map(),
      };
      this.owners.set(text, owner);
    }
    this.owner = owner;
    return owner;
  }

  private blockOf(owner: Owner, bytes: Buffer, line: number): OpenBlock {
    if (owner.block !== null && startsWith(bytes, line, owner.minute)) return owner.block;
    bytes.copy(owner.minute, 0, line, line + MINUTE_BYTES);
    owner.minuteMs = Date.parse(`${owner.minute.toString("latin1")}Z`);
    let block = owner.blocks.get(owner.minuteMs);
    if (block === undefined) {
      const { tenantId, endpointId, accessKeyId, connectorId, relayId } = owner;
      block = {
        tenantId,
        endpointId,
        accessKeyId,
        connectorId,
        relayId,
        firstAt: Number.POSITIVE_INFINITY,
        lastAt: 0,
        requests: 0,
        forwarded: 0,
        bytes: 0,
      };
      this.blocks.push(block);
      owner.blocks.set(owner.minuteMs, block);
    }
    owner.block = block;
    return block;
  }

  private turnTo(block: OpenBlock): void {
    this.running = block;
    this.runs.push({ block, from: this.length });
  }

  private sumOf(owner: Owner, endedAt: number): PlainSum {
    const hour = Math.floor(endedAt / HOUR_MS);
    if (owner.sum !== null && hour === owner.hour) return owner.sum;
    const { tenantId, endpointId, accessKeyId } = owner;
    const key = `${hour}\t${tenantId}\t${endpointId}\t${accessKeyId ?? ""}`;
    let sum = this.sums.get(key);
    if (sum === undefined) {
      const none = { requests: 0, errors: 0, bytesIn: 0, bytesOut: 0, connectionMs: 0 };
      sum = { tenantId, endpointId, accessKeyId, hour: hour * HOUR_MS, ...none };
      this.sums.set(key, sum);
    }
    owner.hour = hour;
    owner.sum = sum;
    return sum;
  }

  private blockByBlock(): Buffer {
    const { runs, blocks, length } = this;
    // Mostly the requests of a moment are one owner's, and stand as they should.
    if (runs.length === blocks.length) return this.lines.subarray(0, length);
    if (length > this.sorted.length) this.sorted = Buffer.allocUnsafeSlow(this.lines.length);
    const places = new Map<OpenBlock, number>();
    let at = 0;
    for (const block of blocks) {
      places.set(block, at);
      at += block.bytes;
    }
    for (const [n, { block, from }] of runs.entries()) {
      const place = places.get(block)!;
      const copied = this.lines.copy(this.sorted, place, from, runs[n + 1]?.from ?? length);
      places.set(block, place + copied);
    }
    return this.sorted.subarray(0, length);
  }

  /** The whole number at `at`, which moves behind the tab that ends it; below zero when it is none. */
  private number(bytes: Buffer): number {
    let value = 0;
    let { at } = this;
    for (let byte = bytes[at]!; byte !== TAB; byte = bytes[++at]!) {
      const digit = byte - ZERO;
      if (!(digit >= 0 && digit <= 9)) return -1;
      value = value * 10 + digit;
    }
    const isEmpty = at === this.at;
    this.at = at + 1;
    return isEmpty ? -1 : value;
  }
}

/** `12.345` in milliseconds. */
function millisecondsAt(bytes: Buffer, at: number): number {
  const seconds = bytes[at]! * 10 + bytes[at + 1]! - 11 * ZERO;
  return seconds * 1_000 + bytes[at + 3]! * 100 + bytes[at + 4]! * 10 + bytes[at + 5]! - 111 * ZERO;
}

function startsWith(bytes: Buffer, at: number, start: Buffer): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}
