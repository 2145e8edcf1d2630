import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { until } from "../fixtures/until.ts";
import type { Completed } from "./clients.ts";
import type { ChaosWorld } from "./world.ts";

/** What the books say, and where they are wrong; `faults` is empty when they are right. */
export interface Books {
  readonly completed: number;
  readonly rows: number;
  readonly journals: number;
  readonly batches: number;
  readonly faults: string[];
}

/** Waits until everything is handed over: by the running relay, and of those that were killed. */
export async function waitUntilHandedOver(world: ChaosWorld): Promise<void> {
  await until(
    async () => {
      const waiting = await world.waitingRecords();
      if (waiting > 0) throw new Error(`${waiting} usage records are not handed over`);
      const journals = await readdir(world.journalDir);
      const open = await Promise.all(
        journals.map((name) =>
          access(join(world.journalDir, name, "handed-over.json")).then(
            () => 0,
            () => 1,
          ),
        ),
      );
      const left = open.reduce<number>((sum, one) => sum + one, 0);
      // The one that is being written is the running relay's.
      if (left > 1) throw new Error(`${left - 1} journals of relays that were killed are not handed over`);
    },
    60_000,
    200,
  );
}

/**
 * Every request that a client saw complete is in Postgres once, with what the client saw; none is there twice; the sums
 * by hour are those of the rows; no journal has holes or damage.
 */
export async function verifyBooks(db: Db, completed: readonly Completed[]): Promise<Books> {
  const faults: string[] = [];
  const rows = await db
    .selectFrom("request_log")
    .select(["id", "status", "bytes_in", "bytes_out", "duration_ms"])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  if (byId.size !== rows.length) faults.push(`${rows.length - byId.size} requests are in the log twice`);
  for (const seen of completed) {
    const row = byId.get(seen.requestId);
    if (row === undefined) faults.push(`${seen.requestId} was answered (${seen.status}) and is not there`);
    else if (row.status !== seen.status || row.bytes_out !== seen.bytesOut) {
      faults.push(
        `${seen.requestId}: ${row.status}, ${row.bytes_out} bytes; the client saw ${seen.status}, ${seen.bytesOut}`,
      );
    } else if (seen.status === 200 && row.bytes_in !== seen.bytesIn) {
      faults.push(`${seen.requestId}: ${row.bytes_in} bytes in; the client sent ${seen.bytesIn}`);
    }
  }
  const { rows: sums } = await sql<Record<string, number>>`
    select coalesce(sum(requests), 0)::bigint as requests, coalesce(sum(bytes_in), 0)::bigint as bytes_in,
      coalesce(sum(bytes_out), 0)::bigint as bytes_out, coalesce(sum(connection_ms), 0)::bigint as duration_ms
    from usage_hourly`.execute(db);
  const total = (name: "bytes_in" | "bytes_out" | "duration_ms") =>
    rows.reduce((sum, row) => sum + row[name], 0);
  const logged = {
    requests: rows.length,
    bytes_in: total("bytes_in"),
    bytes_out: total("bytes_out"),
    duration_ms: total("duration_ms"),
  };
  for (const [name, value] of Object.entries(logged)) {
    if (sums[0]![name] !== value) faults.push(`${name} by hour are ${sums[0]![name]}, of the rows ${value}`);
  }
  const { rows: journals } = await sql<{ next: number; records: number; last: number; batches: number }>`
    select j.next_seq - 1 as next, sum(b.records)::bigint as records, max(b.last_seq) as last,
      count(*)::integer as batches
    from usage_journals j join usage_batches b using (journal_id)
    group by j.journal_id`.execute(db);
  for (const { next, records, last } of journals) {
    if (next !== records || next !== last)
      faults.push(`a journal stands at ${next}, has ${records} to ${last}`);
  }
  const damage = await db.selectFrom("usage_damage").selectAll().execute();
  for (const one of damage) faults.push(`damage in ${one.journal_id} from ${one.first_seq}: ${one.reason}`);
  const batches = journals.reduce((sum, journal) => sum + journal.batches, 0);
  return { completed: completed.length, rows: rows.length, journals: journals.length, batches, faults };
}
