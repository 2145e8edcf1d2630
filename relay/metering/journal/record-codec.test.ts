import { expect, test } from "vitest";
import { usageRecord } from "../../../server/usage/testing.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";

test("a record comes back as it was written", () => {
  for (const tunnelMs of [null, 0, 7]) {
    const record = usageRecord({ requestId: "req_1", path: "/a\tb\\c", tunnelMs });
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
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
  expect(() => decodeRecord("3\treq_1")).toThrow("version 3");
});
