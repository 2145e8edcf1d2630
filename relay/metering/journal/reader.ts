import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { UsageRecord } from "../../../server/usage/index.ts";
import { MAGIC, readRecord } from "./format.ts";
import { readOwner } from "./owner.ts";
import { decodeRecord } from "./record-codec.ts";

const SEGMENT = /^(\d{16})\.journal$/;

export interface Segment {
  readonly path: string;
  /** Number of its first record. */
  readonly firstSeq: number;
}

export type JournalItem =
  | { readonly type: "record"; readonly seq: number; readonly crc: number; readonly record: UsageRecord }
  /** Records that should be there and cannot be read. */
  | {
      readonly type: "missing";
      readonly firstSeq: number;
      readonly lastSeq: number;
      readonly reason: string;
      /** Where it was noticed. */
      readonly segment: string;
    };

export function segmentName(firstSeq: number): string {
  return `${String(firstSeq).padStart(16, "0")}.journal`;
}

/** The segments of a journal in the order of their records. @throws when the folder cannot be read */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of await readdir(dir)) {
    const match = SEGMENT.exec(name);
    if (match) segments.push({ path: join(dir, name), firstSeq: Number(match[1]) });
  }
  return segments.sort((a, b) => a.firstSeq - b.firstSeq);
}

/** The journals in a directory, by their ids; none when it does not exist. */
export async function listJournals(root: string): Promise<{ journalId: string; dir: string }[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith("jrn_"))
    .map((entry) => ({ journalId: entry.name, dir: join(root, entry.name) }));
}

/**
 * Reads a journal from the record `fromSeq` on: every record that is whole, and the numbers of those that are not, in
 * their order. Holds one segment in memory. Reads what is there when it comes to a segment; of a journal that is being
 * written it ends where writing is at that moment. Uses nothing of Bun.
 *
 * @param dir the journal's folder, e.g. of `listJournals`
 * @param fromSeq first wanted; without it the oldest that is kept
 * @throws when the folder or a segment cannot be read at all
 */
export async function* readJournal(dir: string, fromSeq?: number): AsyncGenerator<JournalItem> {
  const segments = await listSegments(dir);
  let next = fromSeq ?? segments[0]?.firstSeq ?? 1;
  for (const [n, { path, firstSeq }] of segments.entries()) {
    // The last record of a segment is the one before the next segment's first.
    const end = segments[n + 1]?.firstSeq ?? (await readOwner(dir))?.nextSeq ?? null;
    if (end !== null && end <= next) continue;
    if (firstSeq > next) {
      yield { type: "missing", firstSeq: next, lastSeq: firstSeq - 1, reason: "no segment", segment: path };
      next = firstSeq;
    }
    const bytes = await readFile(path);
    for (const item of readSegment(bytes, path, next, end)) {
      yield item;
      next = (item.type === "record" ? item.seq : item.lastSeq) + 1;
    }
  }
}

/**
 * @param next number of the first record wanted; earlier ones are passed over
 * @param end the number after its last record, null when unknown
 */
export function* readSegment(
  bytes: Buffer,
  path: string,
  next: number,
  end: number | null,
): Generator<JournalItem> {
  const missing = (firstSeq: number, lastSeq: number, reason: string): JournalItem => ({
    type: "missing",
    firstSeq,
    lastSeq,
    reason,
    segment: path,
  });
  let at = 0;
  /** Whether something stands between the last record and here that is neither a record nor untouched. */
  let damagedAt: number | null = null;
  for (;;) {
    const found = readRecord(bytes, at);
    if (found === null) {
      if (damagedAt === null) damagedAt = at;
      at = bytes.indexOf(MAGIC, at + 1);
      if (at < 0) break;
      continue;
    }
    at = found.end;
    // Copies of what is known already are nothing new: after a cut or a repair by hand, numbers decide.
    if (found.seq < next || (end !== null && found.seq >= end)) {
      damagedAt = null;
      continue;
    }
    if (found.seq > next) yield missing(next, found.seq - 1, "damaged");
    damagedAt = null;
    next = found.seq + 1;
    const record = decode(found.payload);
    if (record instanceof Error) yield missing(found.seq, found.seq, record.message);
    else yield { type: "record", seq: found.seq, crc: found.crc, record };
  }
  if (end !== null) {
    if (next < end) yield missing(next, end - 1, "damaged");
  } else if (damagedAt !== null && hasStart(bytes, damagedAt)) {
    yield missing(next, next, "damaged at the end");
  }
}

/** A record was begun here: its place for the magic is not empty. Without it, it was never promised to anybody. */
function hasStart(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at, Math.min(at + MAGIC.length, bytes.length)).some((byte) => byte !== 0);
}

function decode(payload: string): UsageRecord | Error {
  try {
    return decodeRecord(payload);
  } catch (error) {
    return error as Error;
  }
}
