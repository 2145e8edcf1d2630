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
 * Writes one record. There must be room for its header and three bytes per character of the payload.
 * @returns the offset after it; `crcAt(bytes, at)` gives its CRC
 */
export function writeRecord(bytes: Buffer, at: number, seq: number, payload: string): number {
  const length = bytes.write(payload, at + HEADER_BYTES);
  const end = at + HEADER_BYTES + length;
  bytes.writeUInt32LE(length, at + LENGTH_AT);
  bytes.writeUInt32LE(seq % HALF, at + SEQ_AT);
  bytes.writeUInt32LE(Math.floor(seq / HALF), at + SEQ_AT + 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(at + LENGTH_AT, end)), at + CRC_AT);
  // Last: a process that is killed before leaves bytes that are no record.
  bytes.writeUInt32LE(MAGIC_NUMBER, at);
  return end;
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
  if (crc32(bytes.subarray(at + LENGTH_AT, end)) !== crc) return null;
  const seq = bytes.readUInt32LE(at + SEQ_AT) + bytes.readUInt32LE(at + SEQ_AT + 4) * HALF;
  return { seq, crc, payload: bytes.toString("utf8", at + HEADER_BYTES, end), end };
}
