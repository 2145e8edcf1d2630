import { crc32 } from "node:zlib";

/** First bytes of each record. F5 never occurs in UTF-8, so no payload can contain them. */
export const MAGIC = Buffer.from([0xf5, 0x48, 0x4a, 0x01]);
/** Magic, CRC-32, length of the payload, sequence number as two halves, the lower first. */
export const HEADER_BYTES = 20;
/** Far above what a record takes: a length beyond is damage. */
export const MAX_PAYLOAD_BYTES = 65_536;

const MAGIC_NUMBER = MAGIC.readUInt32LE(0);
const CRC_AT = 4;
const LENGTH_AT = 8;
const SEQ_AT = 12;
const HALF = 2 ** 32;

/**
 * Makes a record of a payload that stands behind the place of its header, in `bytes[at + HEADER_BYTES, end)`.
 * `crcAt(bytes, at)` gives its CRC.
 */
export function sealRecord(bytes: Buffer, at: number, end: number, seq: number): void {
  bytes.writeUInt32LE(end - at - HEADER_BYTES, at + LENGTH_AT);
  bytes.writeUInt32LE(seq % HALF, at + SEQ_AT);
  bytes.writeUInt32LE(Math.floor(seq / HALF), at + SEQ_AT + 4);
  bytes.writeUInt32LE(checksum(bytes.subarray(at + LENGTH_AT, end)), at + CRC_AT);
  // Last: a process that is killed before leaves bytes that are no record.
  bytes.writeUInt32LE(MAGIC_NUMBER, at);
}

/** Copies a whole record. @returns the offset after it */
export function copyRecord(record: Buffer, bytes: Buffer, at: number): number {
  record.copy(bytes, at + MAGIC.length, MAGIC.length);
  bytes.writeUInt32LE(MAGIC_NUMBER, at);
  return at + record.length;
}

/** Bun's own costs half of what the call through `node:zlib` does. */
const checksum: (bytes: Uint8Array) => number = typeof Bun === "undefined" ? crc32 : Bun.hash.crc32;

/** The offset after a record that is known to be one. */
export function endOfRecord(bytes: Buffer, at: number): number {
  return at + HEADER_BYTES + bytes.readUInt32LE(at + LENGTH_AT);
}

export function crcAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + CRC_AT);
}

export interface FoundRecord {
  readonly seq: number;
  readonly crc: number;
  readonly payload: string;
  readonly end: number;
}

/** The record at an offset, or null when what stands there is none. */
export function readRecord(bytes: Buffer, at: number): FoundRecord | null {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC_NUMBER) return null;
  const length = bytes.readUInt32LE(at + LENGTH_AT);
  const end = at + HEADER_BYTES + length;
  if (length > MAX_PAYLOAD_BYTES || end > bytes.length) return null;
  const crc = crcAt(bytes, at);
  if (checksum(bytes.subarray(at + LENGTH_AT, end)) !== crc) return null;
  const seq = bytes.readUInt32LE(at + SEQ_AT) + bytes.readUInt32LE(at + SEQ_AT + 4) * HALF;
  return { seq, crc, payload: bytes.toString("utf8", at + HEADER_BYTES, end), end };
}
