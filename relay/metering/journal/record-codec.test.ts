import fc from "fast-check";
import { expect, test } from "vitest";
import type { UsageRecord } from "../../../server/usage/index.ts";
import { usageRecord, usageTokens } from "../../../server/usage/testing.ts";
import { decodeRecord, encodeRecord, mostBytes } from "./record-codec.ts";

const buffer = Buffer.alloc(65_536);
const roundTrip = (record: UsageRecord) => {
  const end = encodeRecord(record, buffer, 7);
  expect(end - 7).toBeLessThanOrEqual(mostBytes(record));
  return decodeRecord(buffer.toString("utf8", 7, end));
};

test("a record comes back as it was written", () => {
  for (const tunnelMs of [null, 0, 7]) {
    const record = usageRecord({ requestId: "req_1", path: "/a\tb\\c\n\u00e9\u{1f600}", tunnelMs });
    expect(roundTrip(record)).toEqual(record);
    const usage = usageTokens({ model: tunnelMs === 0 ? null : "m\t\\N", finishReason: null });
    expect(roundTrip({ ...record, usage })).toEqual({ ...record, usage });
  }
  // Owners take turns, and so do seconds.
  for (let n = 0; n < 20; n++) {
    const record = usageRecord({
      requestId: `req_${n}`,
      endpointId: `ep_${n % 3}`,
      accessKeyId: n % 2 ? null : "key_1",
      startedAt: Date.UTC(2026, 10, 20) + 999 * n,
      part: n % 2,
      final: n % 3 > 0,
      clientAborted: n % 2 > 0,
      forwarded: n % 2 > 0,
    });
    expect(roundTrip(record)).toEqual(record);
  }
});

test("numbers of every length come back, and what is no whole number is refused", () => {
  fc.assert(
    fc.property(fc.nat(), fc.maxSafeNat(), (small, large) => {
      const record = usageRecord({
        requestId: "r",
        bytesIn: small,
        bytesOut: large,
        durationMs: small % 1_000,
      });
      expect(roundTrip(record)).toEqual(record);
    }),
  );
  for (const bytesIn of [10 ** 9 - 1, 10 ** 9, 10 ** 9 + 1, 10 ** 15, Number.MAX_SAFE_INTEGER, -3]) {
    expect(roundTrip(usageRecord({ requestId: "r", bytesIn })).bytesIn).toBe(bytesIn);
  }
  for (const bytesIn of [0.5, Number.NaN]) {
    expect(() => roundTrip(usageRecord({ requestId: "r", bytesIn }))).toThrow("no whole number");
  }
});

test("a journal of the version before, which did not know the tunnel's time, is still read", () => {
  const before =
    "1\treq_1\tten_1\tep_1\t\tcon_1\trelay_1\t0\t1\tPOST\t/v1\t200\t10\t20\t1000\t1030\t30\t1\t20\t192.0.2.1\t\t0\t1";
  expect(decodeRecord(before)).toMatchObject({ upstreamMs: 20, tunnelMs: null, clientAddress: "192.0.2.1" });
  const usage = "\topenai_chat\tllama3\t1\t0\t0\t2\t0\tprovider\tcomplete\tstop";
  expect(decodeRecord(before + usage).usage).toMatchObject({ model: "llama3", outputTokens: 2 });
});

test("a record of a version that is not known is refused", () => {
  expect(() => decodeRecord("4\treq_1")).toThrow("version 4");
});
