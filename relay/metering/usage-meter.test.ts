import { expect, test } from "vitest";
import type { UsageRecord } from "../../server/usage/index.ts";
import type { TokenUsage } from "./token-usage.ts";
import type { RequestRecord } from "./totals.ts";
import { UsageMeter } from "./usage-meter.ts";

function makeRecord(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: "req_1",
    tenantId: "ten_1",
    endpointId: "ep_1",
    slug: "acme",
    accessKeyId: null,
    connectorId: "con_1",
    method: "GET",
    path: "/v1/models",
    status: 200,
    bytesIn: 1,
    bytesOut: 10,
    startedAt: 1_000,
    durationMs: 30,
    queueMs: 0,
    upstreamMs: 20,
    tunnelMs: 3,
    clientAddress: "192.0.2.1",
    errorCode: null,
    clientAborted: false,
    forwarded: true,
    usage: null,
    ...changes,
  };
}
const tokens: TokenUsage = {
  apiKind: "openai_chat",
  model: "llama3",
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 4,
  reasoningTokens: 0,
  source: "estimated",
  status: "partial",
  finishReason: null,
};
function makeMeter() {
  const stored: UsageRecord[] = [];
  return { meter: new UsageMeter("relay_1", (record) => stored.push(record)), stored };
}

test("a request is one final record; one that led to no endpoint is only in the totals", () => {
  const { meter, stored } = makeMeter();
  meter.finish(makeRecord({ accessKeyId: "key_1" }));
  meter.finish(
    makeRecord({ endpointId: null, tenantId: null, status: 404, errorCode: "endpoint_not_found" }),
  );
  expect(stored).toMatchObject([
    { part: 0, final: true, relayId: "relay_1", endedAt: 1_030, durationMs: 30 },
  ]);
  expect(meter.totals.byError.get("endpoint_not_found")).toBe(1);
  expect(meter.takeUses()).toEqual([{ accessKeyId: "key_1", usedAt: new Date(1_000) }]);
  expect(meter.takeUses()).toEqual([]);
});

test("the parts of a request add up to it, in bytes and time", () => {
  const { meter, stored } = makeMeter();
  meter.part(makeRecord({ durationMs: 10_000, bytesOut: 100 }));
  meter.part(makeRecord({ durationMs: 20_000, bytesOut: 250, usage: tokens }));
  meter.finish(makeRecord({ durationMs: 25_000, bytesOut: 260, status: 499 }));
  expect(stored.map((r) => [r.part, r.final, r.bytesIn, r.bytesOut, r.durationMs, r.endedAt])).toEqual([
    [0, false, 1, 100, 10_000, 11_000],
    [1, false, 0, 150, 10_000, 21_000],
    [2, true, 0, 10, 5_000, 26_000],
  ]);
  expect(stored[1]!.usage).toEqual(tokens);
  meter.finish(makeRecord({ requestId: "req_2" }));
  expect(stored.at(-1)).toMatchObject({ part: 0, final: true, bytesOut: 10 });
  expect(meter.totals).toMatchObject({ requests: 2, bytesOut: 270 });
});

test("a stream that stands still makes no parts, unless tokens came to light", () => {
  const { meter, stored } = makeMeter();
  meter.part(makeRecord({ durationMs: 10_000 }));
  meter.part(makeRecord({ durationMs: 20_000, usage: { ...tokens, outputTokens: 0 } }));
  meter.part(makeRecord({ durationMs: 30_000, usage: tokens }));
  meter.finish(makeRecord({ durationMs: 40_000 }));
  expect(stored.map((r) => [r.part, r.durationMs, r.usage?.outputTokens ?? null])).toEqual([
    [0, 10_000, null],
    [1, 20_000, 4],
    [2, 10_000, null],
  ]);
});

test("a clock that is set back makes no negative time", () => {
  const { meter, stored } = makeMeter();
  meter.part(makeRecord({ durationMs: 10_000, bytesOut: 11 }));
  meter.finish(makeRecord({ durationMs: -3_590_000, queueMs: -1, upstreamMs: 0.4 }));
  expect(stored[1]).toMatchObject({ durationMs: 0, queueMs: 0, upstreamMs: 0 });
});

test("totals add up by status, duration and error", () => {
  const { meter } = makeMeter();
  meter.finish(makeRecord({ status: 204, durationMs: 5 }));
  meter.finish(makeRecord({ status: 502, durationMs: 6, errorCode: "connector_offline" }));
  meter.finish(makeRecord({ status: 499, durationMs: 999_999, clientAborted: true }));
  const { totals } = meter;
  expect([...totals.byStatusClass]).toEqual([0, 0, 1, 0, 1, 1]);
  expect([...totals.byDuration].map((n, i) => (n > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([0, 1, 14]);
  expect(totals).toMatchObject({ bytesIn: 3, bytesOut: 30, aborted: 1, requests: 3 });
});

test("switched off, it counts only for itself", () => {
  const meter = new UsageMeter("relay_1", null);
  meter.part(makeRecord());
  meter.finish(makeRecord({ accessKeyId: "key_1" }));
  expect([meter.totals.requests, meter.takeUses()]).toEqual([1, []]);
});
