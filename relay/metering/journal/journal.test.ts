import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test, vi } from "vitest";
import { usageRecord, usageTokens } from "../../../server/usage/testing.ts";
import { Journal } from "./journal.ts";
import { type JournalItem, listSegments, readJournal } from "./reader.ts";

const root = await mkdtemp(join(tmpdir(), "hotspot-journal-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const log = { info: () => undefined, error: () => undefined };
const open = (options: { segmentBytes?: number; keptRecords?: number } = {}) =>
  Journal.open({ root, relayId: "relay_1", syncMs: 1_000, log, segmentBytes: 65_536, ...options });
const record = (n: number) =>
  usageRecord({
    requestId: `req_${n}`,
    path: n % 3 ? `/v1/${"é\t\\".repeat(n % 7)}` : "/",
    usage:
      n % 4 ? null : usageTokens({ model: n % 8 ? null : `m\t${n}`, finishReason: n % 8 ? "stop" : null }),
    accessKeyId: n % 2 ? `key_${n}` : null,
  });

/** The next segment has been prepared, and what waited for it is on the disk. */
const written = (journal: Journal) => vi.waitFor(() => expect(journal.unwritten).toBe(0));

async function collect(dir: string, fromSeq?: number): Promise<JournalItem[]> {
  const items: JournalItem[] = [];
  for await (const item of readJournal(dir, fromSeq)) items.push(item);
  return items;
}

test("what was appended is read back in order, also from the middle, while the journal is open and after", async () => {
  const journal = await open({ segmentBytes: 4_096 });
  const records = Array.from({ length: 200 }, (_, n) => record(n));
  for (const [n, one] of records.entries()) {
    journal.append(one);
    if (n % 20 === 0) await written(journal);
  }
  await written(journal);
  const whileOpen = await collect(journal.dir);
  await journal.close();
  const items = await collect(journal.dir);
  expect(whileOpen).toEqual(items);
  expect(items.map((item) => item.type === "record" && [item.seq, item.record])).toEqual(
    records.map((one, n) => [n + 1, one]),
  );
  expect((await listSegments(journal.dir)).length).toBeGreaterThan(4);
  expect((await collect(journal.dir, 150)).map((item) => item.type === "record" && item.seq)).toEqual(
    Array.from({ length: 51 }, (_, n) => 150 + n),
  );
});

/** Damage done to a file of n bytes. */
const damage = fc.record({
  kind: fc.constantFrom("flip", "zero", "cut", "insert", "truncate"),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 600 }),
  bit: fc.integer({ min: 0, max: 7 }),
});

test("damage anywhere costs the records that it touches: every other one is read, those are named", async () => {
  const journal = await open();
  for (let n = 0; n < 60; n++) journal.append(record(n));
  await journal.close();
  const [segment] = await listSegments(journal.dir);
  const whole = await readFile(segment!.path);
  const before = await collect(journal.dir);
  /** Offsets at which records begin. */
  const starts: number[] = [];
  for (
    let at = whole.indexOf("\xf5HJ", 0, "latin1");
    at >= 0;
    at = whole.indexOf("\xf5HJ", at + 1, "latin1")
  ) {
    starts.push(at);
  }
  expect(starts).toHaveLength(60);
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      let bytes: Buffer = Buffer.from(whole);
      /** Of the file as it was: bytes that were changed or taken out, and places where something came in between. */
      const touched: [number, number][] = [];
      for (const { kind, at, length, bit } of damages.toSorted((a, b) => b.at - a.at)) {
        // From behind to the front, so that offsets before stay those of the whole file.
        const from = Math.floor(at * whole.length);
        // What lies behind the next damage has moved.
        const to = Math.min(from + length, touched.at(-1)?.[0] ?? whole.length);
        if (from >= to) continue;
        if (kind === "flip") bytes[from]! ^= 1 << bit;
        if (kind === "zero") bytes.fill(0, from, to);
        if (kind === "cut") bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
        if (kind === "insert") {
          bytes = Buffer.concat([bytes.subarray(0, from), Buffer.alloc(length, 0xf5), bytes.subarray(from)]);
        }
        if (kind === "truncate") bytes = bytes.subarray(0, from);
        const end = { flip: from + 1, zero: to, cut: to, insert: from, truncate: whole.length }[kind]!;
        touched.push([from, end]);
      }
      await writeFile(segment!.path, bytes);
      const after = await collect(journal.dir);
      const isTouched = (n: number) => {
        const [start, end] = [starts[n]!, starts[n + 1] ?? whole.length];
        return touched.some(([from, to]) =>
          from === to ? from > start && from < end : from < end && to > start,
        );
      };
      const read = new Map<number, string>();
      const named: number[] = [];
      for (const item of after) {
        if (item.type === "record") read.set(item.seq, JSON.stringify(item));
        else for (let seq = item.firstSeq; seq <= item.lastSeq; seq++) named.push(seq);
      }
      // Each record is either read as it was or named, once; and those that nothing touched are read.
      expect(after).toHaveLength(read.size + after.filter(({ type }) => type === "missing").length);
      expect([...read.keys(), ...named].sort((a, b) => a - b)).toEqual(before.map((_, n) => n + 1));
      for (const [seq, text] of read) expect(text).toBe(JSON.stringify(before[seq - 1]));
      for (const [n] of before.entries()) if (!isTouched(n)) expect(read.has(n + 1)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("a segment that is gone is named, and the records of the others are read", async () => {
  const journal = await open({ segmentBytes: 4_096 });
  for (let n = 0; n < 100; n++) {
    journal.append(record(n));
    if (n % 20 === 0) await written(journal);
  }
  await journal.close();
  const segments = await listSegments(journal.dir);
  await rm(segments[1]!.path);
  const items = await collect(journal.dir);
  expect(items.filter((item) => item.type === "missing")).toEqual([
    expect.objectContaining({ firstSeq: segments[1]!.firstSeq, lastSeq: segments[2]!.firstSeq - 1 }),
  ]);
  expect(items).toHaveLength(100 - (segments[2]!.firstSeq - segments[1]!.firstSeq) + 1);
});
