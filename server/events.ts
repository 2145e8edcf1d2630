import { sql } from "kysely";
import pg from "pg";
import * as z from "zod";
import type { Db } from "../db/client.ts";

/** The channel of Postgres that every process of an installation listens on. */
export const CHANGES_CHANNEL = "hotspot_changes";

const changeSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("endpoint"),
    endpointId: z.string(),
    slug: z.string(),
    tenantId: z.string(),
    /** This host name of its own begins or ends to lead to the endpoint. */
    host: z.string().optional(),
  }),
  z.object({
    type: z.literal("connector"),
    connectorId: z.string(),
    endpointId: z.string(),
    slug: z.string(),
    tenantId: z.string(),
    /** Only what a relay sees of it changed, not whether its token is good. */
    stateOnly: z.literal(true).optional(),
  }),
  z.object({ type: z.literal("access_key"), tenantId: z.string() }),
  z.object({ type: z.literal("tenant"), tenantId: z.string() }),
  z.object({ type: z.literal("budgets"), tenantId: z.string() }),
  /** A certificate was issued or is not used any more, or a challenge was set. */
  z.object({ type: z.literal("certificate") }),
  /** A hub, by the name it gives itself: its wishes, its state or what it reported. */
  z.object({ type: z.literal("hub"), tenantId: z.string(), hubId: z.string() }),
  z.object({ type: z.literal("requests"), tenantId: z.string(), endpointIds: z.array(z.string()) }),
]);

/** Something changed in the database; it says what, never the new value. */
export type ChangeNotice = z.infer<typeof changeSchema>;
/** `resync`: the listener was away and may have missed notices, so everything cached is doubtful. */
export type ChangeEvent = ChangeNotice | { type: "resync" };

/** NOTIFY refuses a payload of 8000 bytes; endpoint ids are 30 characters. */
const MAX_ENDPOINT_IDS = 200;

/** Tells all processes of a change. Inside a transaction Postgres sends it at the commit, or never. */
export async function notifyChange(db: Db, notice: ChangeNotice): Promise<void> {
  await notifyChanges(db, [notice]);
}

/** The same for any number of changes, in one statement. */
export async function notifyChanges(db: Db, notices: readonly ChangeNotice[]): Promise<void> {
  const payloads = notices.flatMap(inParts).map((notice) => JSON.stringify(notice));
  if (payloads.length === 0) return;
  await sql`
    select pg_notify(${CHANGES_CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`.execute(db);
}

/** So many that each fits a payload. */
function inParts(notice: ChangeNotice): ChangeNotice[] {
  if (notice.type !== "requests" || notice.endpointIds.length <= MAX_ENDPOINT_IDS) return [notice];
  const parts: ChangeNotice[] = [];
  for (let i = 0; i < notice.endpointIds.length; i += MAX_ENDPOINT_IDS) {
    parts.push({ ...notice, endpointIds: notice.endpointIds.slice(i, i + MAX_ENDPOINT_IDS) });
  }
  return parts;
}

/** The little of a logger that listening needs; pino fits. */
export interface ListenLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A running listener. `stop` is idempotent and resolves when its connection is closed. */
export interface ChangeListener {
  stop(): Promise<void>;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;
/** A silent connection is asked whether it lives: a dead peer would otherwise swallow notices for hours. */
const PROBE_MS = 10_000;

/**
 * Listens for changes on a connection of its own and connects again by itself, for ever. After each (re)connect
 * `onEvent` gets `resync`.
 */
export function listenForChanges(
  databaseUrl: string,
  onEvent: (event: ChangeEvent) => void,
  log: ListenLog,
): ChangeListener {
  let stopped = false;
  let client: pg.Client | null = null;
  let wake: (() => void) | null = null;

  const pause = (ms: number) =>
    new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });

  async function listenOnce(): Promise<void> {
    const current = new pg.Client({
      connectionString: databaseUrl,
      application_name: "hotspot-changes",
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    client = current;
    let broken: Error | null = null;
    const ended = new Promise<void>((done) => {
      current.on("error", (error) => {
        broken = error;
        done();
      });
      current.on("end", () => done());
    });
    current.on("notification", ({ payload }) => {
      const event = parseNotice(payload);
      if (event) onEvent(event);
      else log.warn({ payload }, "change notice not understood");
    });
    const probe = setInterval(() => {
      current.query("select 1").catch((error: Error) => {
        broken = error;
        current.end().catch(() => undefined);
      });
    }, PROBE_MS);
    try {
      await current.connect();
      await current.query(`listen ${CHANGES_CHANNEL}`);
      log.info({}, "listening for changes");
      retryMs = FIRST_RETRY_MS;
      onEvent({ type: "resync" });
      await ended;
      if (broken) throw broken;
    } finally {
      clearInterval(probe);
      await current.end().catch(() => undefined);
    }
  }

  let retryMs = FIRST_RETRY_MS;
  const running = (async () => {
    while (!stopped) {
      try {
        await listenOnce();
      } catch (error) {
        if (!stopped) log.warn({ err: error }, "lost the connection that listens for changes");
      }
      if (stopped) return;
      await pause(retryMs * (0.5 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  })();

  return {
    async stop() {
      stopped = true;
      wake?.();
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}

function parseNotice(payload: string | undefined): ChangeNotice | null {
  try {
    return changeSchema.parse(JSON.parse(payload ?? ""));
  } catch {
    // The caller logs it: another program may use the channel.
    return null;
  }
}
