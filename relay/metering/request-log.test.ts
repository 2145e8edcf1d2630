import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestRow } from "../../server/requests/index.ts";
import { MAX_BUFFERED_ROWS, RequestLog } from "./request-log.ts";
import type { RequestRecord } from "./totals.ts";

let number = 0;

function makeRecord(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: `req_${number++}`,
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
    startedAt: Date.now(),
    durationMs: 30,
    queueMs: 0,
    upstreamMs: 20,
    clientAddress: "192.0.2.1",
    errorCode: null,
    clientAborted: false,
    usage: null,
    ...changes,
  };
}

function makeLog() {
  const state = {
    down: false,
    writes: [] as string[][],
    touches: [] as string[][],
    messages: [] as string[],
  };
  const note = (_fields: object, message: string) => void state.messages.push(message);
  const requestLog = new RequestLog({
    relayId: "relay_1",
    async record(rows: readonly RequestRow[]) {
      if (state.down) throw new Error("down");
      state.writes.push(rows.map((row) => row.id));
    },
    touch: async (uses) => void state.touches.push(uses.map((use) => use.accessKeyId)),
    log: { info: note, warn: note, error: note },
  });
  return { requestLog, state };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the request log", () => {
  it("writes what half a second gathered in one batch", async () => {
    const { requestLog, state } = makeLog();
    for (let i = 0; i < 7; i++) requestLog.finish(makeRecord());
    await vi.advanceTimersByTimeAsync(499);
    expect(state.writes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.writes.map((ids) => ids.length)).toEqual([7]);
    expect(requestLog.pending).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("writes at once when 500 wait", async () => {
    const { requestLog, state } = makeLog();
    for (let i = 0; i < 500; i++) requestLog.finish(makeRecord());
    await vi.advanceTimersByTimeAsync(0);
    expect(state.writes.map((ids) => ids.length)).toEqual([500]);
  });

  it("counts requests that led to no endpoint, but keeps no row of them", async () => {
    const { requestLog, state } = makeLog();
    requestLog.finish(
      makeRecord({ endpointId: null, tenantId: null, status: 404, errorCode: "endpoint_not_found" }),
    );
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.writes).toEqual([]);
    expect(requestLog.totals.byError.get("endpoint_not_found")).toBe(1);
  });

  it("keeps rows while Postgres is away, tries again and writes each once", async () => {
    const { requestLog, state } = makeLog();
    state.down = true;
    const records = Array.from({ length: 3 }, () => makeRecord());
    requestLog.finish(records[0]!);
    await vi.advanceTimersByTimeAsync(2_000);
    requestLog.finish(records[1]!);
    requestLog.finish(records[2]!);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(requestLog.pending).toBe(3);
    state.down = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state.writes.flat()).toEqual(records.map((record) => record.requestId));
    expect(state.messages).toEqual(["request log not written, trying again", "request log is written again"]);
  });

  it("drops and counts the newest rows beyond its bound, and says so", async () => {
    const { requestLog, state } = makeLog();
    state.down = true;
    requestLog.finish(makeRecord());
    await vi.advanceTimersByTimeAsync(500);
    for (let i = 0; i < MAX_BUFFERED_ROWS + 5; i++) requestLog.finish(makeRecord());
    expect([requestLog.dropped, requestLog.pending]).toEqual([5, MAX_BUFFERED_ROWS + 1]);
    state.down = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.writes.flat().length).toBe(MAX_BUFFERED_ROWS + 1);
    expect(requestLog.totals.requests).toBe(MAX_BUFFERED_ROWS + 6);
    expect(state.messages).toContain("request log rows dropped, the buffer was full");
  });

  it("writes everything when it drains, and says how many rows it could not", async () => {
    const { requestLog, state } = makeLog();
    for (let i = 0; i < 4_500; i++) requestLog.finish(makeRecord({ accessKeyId: "key_1" }));
    expect(await requestLog.drain(1_000)).toBe(0);
    expect(state.writes.flat().length).toBe(4_500);
    expect(state.touches).toEqual([["key_1"]]);
    requestLog.finish(makeRecord());
    state.down = true;
    const lost = requestLog.drain(1_000);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await lost).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("totals", () => {
  it("add up by status, duration and error", () => {
    const { requestLog } = makeLog();
    requestLog.finish(makeRecord({ status: 204, durationMs: 5 }));
    requestLog.finish(makeRecord({ status: 502, durationMs: 6, errorCode: "connector_offline" }));
    requestLog.finish(makeRecord({ status: 499, durationMs: 999_999, clientAborted: true }));
    const { totals } = requestLog;
    expect([...totals.byStatusClass]).toEqual([0, 0, 1, 0, 1, 1]);
    expect([...totals.byDuration].map((n, i) => (n > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([0, 1, 14]);
    expect(totals).toMatchObject({ bytesIn: 3, bytesOut: 30, aborted: 1, requests: 3 });
  });
});
