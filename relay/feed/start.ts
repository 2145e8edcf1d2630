import { createDb } from "../../db/client.ts";
import { createStripeClient } from "../../server/billing/index.ts";
import { createLedger, pushDueMeters } from "../../server/ledger/index.ts";
import type { RelayEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { type FeedState, UsageFeed } from "./usage-feed.ts";

/** Tenants at once: each takes Stripe's time for three calls, and one Postgres connection. */
const WORKERS = 3;

export interface Feed {
  state(): FeedState;
  /** @param timeoutMs of the last round */
  stop(timeoutMs: number): Promise<void>;
}

/** Starts to feed usage to Stripe. @returns null when no key is set */
export function startFeed(env: Pick<RelayEnv, "databaseUrl" | "stripe">, log: Log): Feed | null {
  if (env.stripe === null) return null;
  const { secretKey, apiBase, pushSeconds } = env.stripe;
  // Connections of its own: a lock is held while Stripe is asked, and routes must not wait for that.
  const db = createDb(env.databaseUrl, {
    applicationName: "hotspot-relay-feed",
    max: WORKERS + 1,
    onConnectionError: (error) => log.warn({ err: error }, "lost a Postgres connection of the feed"),
  });
  const ledger = createLedger(db, createStripeClient(secretKey, apiBase), log, {
    workers: WORKERS,
    hasTime: (ms) => feed.hasTime(ms),
  });
  const feed: UsageFeed = new UsageFeed({
    push: (scope) => pushDueMeters(ledger, scope),
    oldestPending: () => ledger.store.oldestPending(),
    everyMs: pushSeconds * 1_000,
    log,
  });
  feed.start();
  return {
    state: () => feed.state(),
    async stop(timeoutMs) {
      await feed.stop(timeoutMs);
      // Waits for connections in use; the process does not wait for that.
      db.destroy().catch((error: unknown) => log.warn({ err: error }, "connections of the feed not closed"));
    },
  };
}
