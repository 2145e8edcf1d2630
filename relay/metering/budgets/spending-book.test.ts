import fc from "fast-check";
import { expect, test } from "vitest";
import type { Spending, SpendingLimit } from "../../../server/budgets/index.ts";
import { plans } from "../../../server/plans.ts";
import { usageRecord, usageTokens } from "../../../server/usage/testing.ts";
import { SpendingBook, type SpendingRefusal } from "./spending-book.ts";

const start = Date.UTC(2026, 10, 21);
const tenantId = "ten_1";

/** Limits as Postgres has them, a journal that is handed over when the test says so, and a book over both. */
function makeWorld(limits: Pick<SpendingLimit, "metric" | "limit" | "accessKeyId">[], now = () => start) {
  const state = { down: false, limits };
  let nextSeq = 1;
  let handedOver = 1;
  const journal: { seq: number; key: string | null; requests: number; tokens: number }[] = [];
  const read = async (): Promise<Spending> => {
    if (state.down) throw new Error("Postgres is away");
    const known = journal.filter(({ seq }) => seq < handedOver);
    return {
      plan: plans.pro,
      nextSeq: handedOver,
      limits: state.limits.map(({ metric, limit, accessKeyId }) => {
        const own = known.filter(({ key }) => accessKeyId === null || key === accessKeyId);
        const sum = (name: "requests" | "tokens") => own.reduce((total, entry) => total + entry[name], 0);
        return {
          budgetId: "bud_1",
          accessKeyId,
          metric,
          afterIncluded: false,
          limit,
          window: { start: new Date(start), end: new Date(start + 86_400_000) },
          used: { requests: sum("requests"), bytes: 0, tokens: sum("tokens") },
        };
      }),
    };
  };
  const failures: unknown[] = [];
  const book = new SpendingBook({ read, now, onReadFailed: (_tenant, error) => void failures.push(error) });
  let serial = 0;
  const open = new Map<string, { key: string | null; delivered: number; settled: number }>();
  const taps = new Map<
    string,
    { onTokens: ((delta: number) => void) | null; stopped: boolean; stop(): void }
  >();
  return {
    state,
    book,
    failures,
    open,
    async start(key: string | null): Promise<string | SpendingRefusal> {
      const requestId = `req_${++serial}`;
      const refusal = await book.admit({ requestId, tenantId, accessKeyId: key, finished: false });
      if (refusal !== null) return refusal;
      open.set(requestId, { key, delivered: 0, settled: 0 });
      const tap = {
        onTokens: null as ((delta: number) => void) | null,
        stopped: false,
        stop() {
          tap.stopped = true;
        },
      };
      taps.set(requestId, tap);
      book.watch({ requestId, tenantId, accessKeyId: key }, tap);
      return requestId;
    },
    deliver(requestId: string, tokens: number) {
      open.get(requestId)!.delivered += tokens;
      taps.get(requestId)!.onTokens?.(tokens);
    },
    isStopped: (requestId: string) => taps.get(requestId)!.stopped,
    record(requestId: string, final: boolean) {
      const { key, delivered, settled } = open.get(requestId)!;
      const tokens = delivered - settled;
      const usage = usageTokens({ inputTokens: 0, outputTokens: tokens });
      const seq = nextSeq++;
      journal.push({ seq, key, requests: final ? 1 : 0, tokens });
      book.stored(
        seq,
        usageRecord({
          requestId,
          tenantId,
          accessKeyId: key,
          endedAt: start + 1_000,
          final,
          usage,
          bytesIn: 0,
          bytesOut: 0,
        }),
      );
      open.get(requestId)!.settled = delivered;
      if (final) open.delete(requestId);
    },
    handOver(count: number) {
      handedOver = Math.min(nextSeq, handedOver + count);
    },
    async reread() {
      book.invalidate(tenantId);
      await new Promise((done) => setImmediate(done));
    },
  };
}

test("nobody is refused below a limit, and nobody starts at it, however hand-over and readings fall", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("start" as const), key: fc.constantFrom(null, "key_a", "key_b") }),
    fc.record({
      kind: fc.constant("deliver" as const),
      which: fc.nat(20),
      tokens: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant("part" as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant("end" as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant("handOver" as const), count: fc.nat(6) }),
    fc.record({ kind: fc.constant("read" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const limits = [
        { metric: "requests", limit: 12, accessKeyId: null },
        { metric: "tokens", limit: 25, accessKeyId: "key_a" },
      ] as const;
      const world = makeWorld([...limits]);
      let started = 0;
      let tokensOfA = 0;
      for (const step of steps) {
        const ids = [...world.open.keys()];
        const id = "which" in step ? ids[step.which % Math.max(1, ids.length)] : undefined;
        if (step.kind === "start") {
          const answer = await world.start(step.key);
          const isFull = started >= 12 || (step.key === "key_a" && tokensOfA >= 25);
          expect(typeof answer === "string").toBe(!isFull);
          if (typeof answer === "string") started++;
        } else if (step.kind === "deliver" && id !== undefined && !world.isStopped(id)) {
          const isOfA = world.open.get(id)!.key === "key_a";
          const before = tokensOfA;
          if (isOfA) tokensOfA += step.tokens;
          world.deliver(id, step.tokens);
          // Ended by the event that reaches the limit, and by none before.
          expect(world.isStopped(id)).toBe(isOfA && before + step.tokens >= 25);
        } else if (step.kind === "part" && id !== undefined) world.record(id, false);
        else if (step.kind === "end" && id !== undefined) world.record(id, true);
        else if (step.kind === "handOver") world.handOver(step.count);
        else if (step.kind === "read") await world.reread();
      }
    }),
    { numRuns: 300 },
  );
});

test("a hundred answers at once stop each at its next event, none sooner", async () => {
  const world = makeWorld([{ metric: "tokens", limit: 1_000, accessKeyId: null }]);
  const ids = await Promise.all(Array.from({ length: 100 }, () => world.start("key_a")));
  let delivered = 0;
  for (let round = 0; round < 12; round++) {
    for (const id of ids as string[]) {
      if (world.isStopped(id)) continue;
      world.deliver(id, 1);
      delivered++;
    }
  }
  expect(delivered).toBe(1_000 + 99);
  expect((ids as string[]).every((id) => world.isStopped(id))).toBe(true);
  expect(await world.start("key_a")).toMatchObject({ kind: "budget", metric: "tokens", ofKey: false });
});

test("a raised limit lets requests through as soon as it is announced", async () => {
  const world = makeWorld([{ metric: "requests", limit: 1, accessKeyId: null }]);
  expect(await world.start(null)).toBeTypeOf("string");
  expect(await world.start(null)).toMatchObject({ metric: "requests", resetsAt: start + 86_400_000 });
  world.state.limits = [{ metric: "requests", limit: 2, accessKeyId: null }];
  await world.reread();
  expect(await world.start(null)).toBeTypeOf("string");
});

test("while Postgres is away, who was never read passes, and what was read last holds", async () => {
  const world = makeWorld([{ metric: "requests", limit: 1, accessKeyId: null }]);
  world.state.down = true;
  expect(await world.start(null)).toBeTypeOf("string");
  expect(world.failures).toHaveLength(1);
  world.state.down = false;
  await world.reread();
  expect(await world.start(null)).toMatchObject({ kind: "budget" });
  world.state.down = true;
  await world.reread();
  expect(await world.start(null)).toMatchObject({ kind: "budget" });
});

test("when its day is over a limit refuses nobody", async () => {
  let now = start;
  const world = makeWorld([{ metric: "requests", limit: 1, accessKeyId: null }], () => now);
  await world.start(null);
  expect(await world.start(null)).toMatchObject({ kind: "budget" });
  now = start + 86_400_000;
  expect(await world.start(null)).toBeTypeOf("string");
});

test("a request that ended while it waited is not counted", async () => {
  const world = makeWorld([{ metric: "requests", limit: 1, accessKeyId: null }]);
  const asked = { requestId: "req_gone", tenantId, accessKeyId: null, finished: true };
  expect(await world.book.admit(asked)).toBeNull();
  expect(await world.start(null)).toBeTypeOf("string");
});
