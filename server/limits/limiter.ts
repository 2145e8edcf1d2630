import { CompiledQuery } from "kysely";
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from "rate-limiter-flexible";
import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { addressKey } from "./address.ts";
import { type Door, type Limit, limits } from "./table.ts";

/** Counts how often callers come through the public doors. */
export interface Limiter {
  /**
   * Counts one request at a door.
   * @param who the client's address, and the tenant or credential when one is known
   * @throws DomainError limit/rate_limited with `limit` and `retryAfterSeconds`
   */
  consume(door: Door, who: { address?: string; tenant?: string }): Promise<void>;
  /** Refuses when a door's count for this address is used up, without counting. */
  check(door: Door, address: string): Promise<void>;
}

/** The counters are kept in Postgres, so that several portals count together; in memory while Postgres does not answer. */
export function createPostgresLimiter(db: Db, table: Record<Door, Limit> = limits): Limiter {
  const storeClient = {
    query: (query: { text: string; values?: unknown[] }) =>
      db.executeQuery(CompiledQuery.raw(query.text, query.values ?? [])),
  };
  return createLimiter(table, (options) => {
    const insuranceLimiter = new RateLimiterMemory(options);
    return new RateLimiterPostgres({
      ...options,
      storeClient,
      storeType: "client",
      tableName: "rate_limits",
      tableCreated: true,
      // Expired rows are cleared by the daily job; the library's own timer would outlive us.
      clearExpiredByTimeout: false,
      insuranceLimiter,
    });
  });
}

/** Counters of one process, for tests and for tools. */
export function createMemoryLimiter(table: Record<Door, Limit> = limits): Limiter {
  return createLimiter(table, (options) => new RateLimiterMemory(options));
}

interface CounterOptions {
  keyPrefix: string;
  points: number;
  duration: number;
}

function createLimiter(
  table: Record<Door, Limit>,
  createCounter: (options: CounterOptions) => RateLimiterAbstract,
): Limiter {
  const counters = new Map<string, RateLimiterAbstract>();
  for (const [door, limit] of Object.entries(table)) {
    const options = (kind: string, points: number) => ({
      keyPrefix: `${door}:${kind}`,
      points,
      duration: limit.seconds,
    });
    counters.set(`${door}:address`, createCounter(options("address", limit.perAddress)));
    if (limit.perTenant !== null) {
      counters.set(`${door}:tenant`, createCounter(options("tenant", limit.perTenant)));
    }
  }

  async function count(door: Door, kind: "address" | "tenant", key: string): Promise<void> {
    const counter = counters.get(`${door}:${kind}`);
    if (!counter) return;
    try {
      await counter.consume(key);
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) throw rateLimited(counter.points, refusal.msBeforeNext);
      throw refusal;
    }
  }

  return {
    async consume(door, who) {
      if (who.address !== undefined) await count(door, "address", addressKey(who.address));
      if (who.tenant !== undefined) await count(door, "tenant", who.tenant);
    },
    async check(door, address) {
      const counter = counters.get(`${door}:address`);
      const used = await counter?.get(addressKey(address));
      if (counter && used && used.consumedPoints >= counter.points) {
        throw rateLimited(counter.points, used.msBeforeNext);
      }
    },
  };
}

function rateLimited(limit: number, msBeforeNext: number): DomainError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new DomainError("limit", "rate_limited", `too many requests: try again in ${retryAfterSeconds} s`, {
    limit,
    retryAfterSeconds,
  });
}

/** Deletes counters that have run out. For a daily job. */
export async function purgeRateLimits(db: Db): Promise<number> {
  const result = await db.deleteFrom("rate_limits").where("expire", "<", Date.now()).executeTakeFirst();
  return Number(result.numDeletedRows);
}
