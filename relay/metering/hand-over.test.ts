import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test, vi } from "vitest";
import type { UsageBatch } from "../../server/usage/index.ts";
import { usageRecord } from "../../server/usage/testing.ts";
import { Adoption } from "./adoption.ts";
import { checksumOf, HandOver } from "./hand-over.ts";
import { isHandedOver, Journal, readJournal } from "./journal/index.ts";
import { MAX_UNWRITTEN_RECORDS } from "./journal/journal.ts";
import { listSegments } from "./journal/reader.ts";
import { LiveSource } from "./live-source.ts";
import { createBooks, createMessages, idsOf } from "./testing.ts";

const roots: string[] = [];
async function makeRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "hotspot-hand-over-"));
  roots.push(root);
  return root;
}
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

let count = 0;
const record = () => usageRecord({ requestId: `req_${++count}` });
async function makeJournal(options: { root?: string; keptRecords?: number; segmentBytes?: number } = {}) {
  const { log, messages } = createMessages();
  const root = options.root ?? (await makeRoot());
  const journal = await Journal.open({
    relayId: "relay_1",
    syncMs: 1_000,
    segmentBytes: 1_048_576,
    log,
    ...options,
    root,
  });
  const written: string[] = [];
  const append = (n: number) => {
    for (let i = 0; i < n; i++) {
      const one = record();
      written.push(one.requestId);
      journal.append(one);
    }
  };
  return { root, journal, log, messages, written, append, source: new LiveSource(journal, "relay_1") };
}
async function finish(handOver: HandOver): Promise<void> {
  while ((await handOver.step()) !== null);
}

test("what waits through a long outage is read back from the disk, in order, and memory keeps no more than its bound", async () => {
  const { journal, source, append, written, log } = await makeJournal({
    keptRecords: 100,
    segmentBytes: 8 * 1_048_576,
  });
  const books = createBooks();
  const handOver = new HandOver(source, { apply: books.apply, log });
  append(30);
  expect(await handOver.step()).toBe(30);
  for (let n = 0; n < 90; n++) append(100);
  expect(journal.nextSeq - journal.memorySeq).toBe(100);
  // It takes over from the disk to memory while more comes.
  expect(await handOver.step()).toBe(4_000);
  append(50);
  await finish(handOver);
  expect(books.ids).toEqual(written);
  expect(source.seq).toBe(journal.nextSeq);
  await journal.close();
});

test("a batch's checksum is that of its records as they stand in the journal", async () => {
  const { journal, source, append, log } = await makeJournal();
  const batches: UsageBatch[] = [];
  const apply = async (batch: UsageBatch) => {
    batches.push(batch);
    return "applied" as const;
  };
  append(3);
  await new HandOver(source, { apply, log }).step();
  await journal.close();
  const crcs: number[] = [];
  for await (const item of readJournal(journal.dir)) if (item.type === "record") crcs.push(item.crc);
  expect(batches).toMatchObject([{ firstSeq: 1, lastSeq: 3, checksum: checksumOf(crcs) }]);
});

test("whatever fails, before or after it was applied, and whoever else hands over the same: each record arrives once", async () => {
  const moves = fc.array(fc.constantFrom("fail", "lose answer", "more", "other", "step", "restore"), {
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(moves, async (steps) => {
      const { journal, source, append, written, log } = await makeJournal({
        keptRecords: 5,
        segmentBytes: 65_536,
      });
      const books = createBooks();
      let mode = "step";
      const apply = async (batch: UsageBatch) => {
        if (mode === "fail") throw new Error("no connection");
        const answer = await books.apply(batch);
        if (mode === "lose answer") throw new Error("connection lost");
        return answer;
      };
      const handOver = new HandOver(source, { apply, log });
      const other = new HandOver(new LiveSource(journal, "relay_1"), { apply: books.apply, log });
      append(7);
      for (const step of steps) {
        mode = step;
        if (step === "more") append(4);
        else if (step === "other") await other.step();
        else if (step === "restore") {
          // The database comes back as it was some records ago.
          const next = Math.max(1, (books.next.get(journal.journalId) ?? 1) - 3);
          books.next.set(journal.journalId, next);
          books.ids.length = next - 1;
        } else if (step === "step") await handOver.step();
        else await handOver.step().catch((error: Error) => expect(error.message).toMatch(/connection/));
      }
      mode = "step";
      append(1);
      await finish(handOver);
      expect(books.ids).toEqual(written);
      await journal.close();
    }),
    { numRuns: 100 },
  );
});

test("a record that Postgres cannot hold is named and does not keep back the others", async () => {
  const { journal, source, append, written, log, messages } = await makeJournal();
  const books = createBooks();
  const apply = (batch: UsageBatch) => {
    if (idsOf(batch).includes(written[70]!)) {
      throw Object.assign(new Error("out of range"), { code: "22003" });
    }
    return books.apply(batch);
  };
  append(200);
  const handOver = new HandOver(source, { apply, log });
  await finish(handOver);
  expect(books.ids).toEqual(written.filter((_, n) => n !== 70));
  expect(books.missing).toEqual([[71, 71, "refused: out of range"]]);
  expect(handOver.damaged).toBe(1);
  expect(messages).toContain("usage records are damaged, their requests are not billed");
  await journal.close();
});

test("the journal of a relay that was killed is handed over by the next one, damage is named, and then it is left alone", async () => {
  const root = await makeRoot();
  const killed = await makeJournal({ root });
  killed.append(120);
  const books = createBooks();
  await new HandOver(killed.source, { apply: books.apply, log: killed.log }).step();
  killed.append(80);
  await killed.journal.close();
  // As a killed one leaves it: its process is gone, its end is not noted. One record in the middle was hit.
  const owner = { relayId: "relay_1", host: hostname(), pid: 2 ** 22 + 1, openedAt: "x" };
  await writeFile(join(killed.journal.dir, "owner.json"), JSON.stringify(owner));
  const [segment] = await listSegments(killed.journal.dir);
  const bytes = await readFile(segment!.path);
  bytes[bytes.indexOf(killed.written[150]!)]! ^= 1;
  await writeFile(segment!.path, bytes);

  const { log, messages } = createMessages();
  const adopt = () =>
    new Adoption({
      root,
      ownDir: join(root, "jrn_own"),
      apply: books.apply,
      nextRecord: async (journalId) => books.next.get(journalId) ?? 1,
      log,
    });
  const [one, two] = [adopt(), adopt()];
  await vi.waitFor(async () => expect(await isHandedOver(killed.journal.dir)).toBe(true));
  await Promise.all([one.stop(), two.stop()]);
  expect(books.ids).toEqual(killed.written.filter((_, n) => n !== 150));
  expect(books.missing).toEqual([[151, 151, "damaged"]]);
  expect(messages).toContain("usage of an earlier relay handed over");
});

test("a journal whose relay lives is not adopted", async () => {
  const { root, journal, append, log } = await makeJournal();
  append(10);
  const owner = { relayId: "relay_1", host: hostname(), pid: process.ppid, openedAt: "x" };
  await writeFile(join(journal.dir, "owner.json"), JSON.stringify(owner));
  const books = createBooks();
  const adoption = new Adoption({ root, ownDir: "", apply: books.apply, nextRecord: async () => 1, log });
  await adoption.stop();
  expect(books.ids).toEqual([]);
  await journal.close();
});

test("a disk that takes nothing: records are handed over from memory, an alarm is raised, and later they are written", async () => {
  const parent = await makeRoot();
  const root = join(parent, "journal");
  // A file where the folder should be.
  await writeFile(root, "");
  const { journal, source, append, written, log, messages } = await makeJournal({ root });
  const books = createBooks();
  append(20);
  const handOver = new HandOver(source, { apply: books.apply, log });
  await finish(handOver);
  expect(books.ids).toEqual(written);
  expect(journal.unwritten).toBe(20);
  expect(journal.writeErrors).toBeGreaterThan(0);
  expect(messages).toEqual(["usage journal not written, records wait in memory"]);

  await rm(root);
  await vi.waitFor(() => expect(journal.unwritten).toBe(0), { timeout: 5_000 });
  append(5);
  await finish(handOver);
  expect(messages.at(-1)).toBe("usage journal can be written again");
  await journal.close();
  const items = await Array.fromAsync(readJournal(journal.dir));
  expect(items.map((item) => item.type === "record" && item.record.requestId)).toEqual(written);
});

test("with neither disk nor Postgres, memory has a bound: the newest records are dropped and counted", async () => {
  const parent = await makeRoot();
  const root = join(parent, "journal");
  await writeFile(root, "");
  const { journal, source, append, written, log } = await makeJournal({ root });
  append(MAX_UNWRITTEN_RECORDS + 7);
  expect(journal.dropped).toBe(7);
  // Postgres is back first: what it has may leave memory for what is new.
  const books = createBooks();
  const handOver = new HandOver(source, { apply: books.apply, log });
  await finish(handOver);
  append(9);
  expect(journal.dropped).toBe(7);
  await finish(handOver);
  expect(books.ids).toEqual(written.toSpliced(MAX_UNWRITTEN_RECORDS, 7));
  expect(journal.nextSeq - journal.memorySeq).toBe(MAX_UNWRITTEN_RECORDS);
  await journal.close();
});
