import { describe, expect, test } from "vitest";
import { classOf, isCharged } from "./r2-operations.ts";
import { type AskAnalytics, readR2Use } from "./r2-usage.ts";

const place = { accountId: "acc", jurisdiction: "default", bucket: "hotspot-1" };
const span = { from: new Date("2026-11-20T00:00:00Z"), to: new Date("2026-11-21T00:00:00Z") };

interface Answer {
  sizes?: [payload: number, metadata: number, objects: number][];
  operations?: [action: string, requests: number, status?: number][];
}

/** Analytics that answer each question by its variables. */
function analytics(answer: (variables: Record<string, string>) => Answer) {
  const asked: Record<string, string>[] = [];
  const ask: AskAnalytics = async ({ variables, data }) => {
    asked.push(variables);
    const { sizes = [], operations = [] } = answer(variables);
    return data.parse({
      viewer: {
        accounts: [
          {
            r2StorageAdaptiveGroups: sizes.map(([payloadSize, metadataSize, objectCount], hour) => ({
              max: { payloadSize, metadataSize, objectCount },
              dimensions: { datetime: `2026-11-20T${String(hour % 24).padStart(2, "0")}:00:00Z` },
            })),
            r2OperationsAdaptiveGroups: operations.map(([actionType, requests, status = 200]) => ({
              sum: { requests },
              dimensions: {
                actionType,
                actionStatus: status >= 500 ? "internalError" : status >= 400 ? "userError" : "success",
                responseStatusCode: status,
              },
            })),
          },
        ],
      },
    });
  };
  return { asked, ask };
}

describe("operations are of the class that Cloudflare charges them as", () => {
  test.each([
    ["a", "ListBuckets PutBucket ListObjects ListObjectsV2 PutObject CopyObject"],
    [
      "a",
      "CompleteMultipartUpload CreateMultipartUpload ListMultipartUploads UploadPart UploadPartCopy ListParts",
    ],
    ["a", "LifecycleStorageTierTransition PutBucketCors PutBucketEncryption PutBucketLifecycleConfiguration"],
    ["b", "HeadBucket HeadObject GetObject UsageSummary"],
    ["b", "GetBucketEncryption GetBucketLocation GetBucketCors GetBucketLifecycleConfiguration"],
    ["free", "DeleteObject DeleteObjects DeleteBucket AbortMultipartUpload"],
    // Not in the table: by how they begin.
    ["a", "PutSomethingNew ListSomethingNew"],
    ["b", "GetSomethingNew HeadSomethingNew"],
    ["free", "DeleteSomethingNew AbortSomethingNew"],
    [null, "Frobnicate"],
  ])("%s: %s", (expected, names) => {
    for (const name of names.split(" ")) expect(classOf(name), name).toBe(expected);
  });

  test.each([
    [200, "success", true],
    [412, "userError", true],
    [400, "userError", true],
    [404, "userError", true],
    [401, "userError", false],
    [403, "userError", false],
    [500, "internalError", false],
  ])("%i is charged for: %s %s", (responseStatusCode, actionStatus, expected) => {
    expect(isCharged({ responseStatusCode, actionStatus })).toBe(expected);
  });
});

test("a day is its largest sample, with metadata, its last one, and the charged operations by class", async () => {
  const { ask, asked } = analytics(() => ({
    sizes: [
      [10, 1, 3],
      [500, 20, 4],
      [7, 2, 1],
    ],
    operations: [
      ["PutObject", 5],
      ["UploadPart", 6],
      ["PutObject", 100, 403],
      ["GetObject", 7],
      ["HeadObject", 1, 404],
      ["DeleteObject", 900],
      ["Frobnicate", 50],
    ],
  }));
  expect(await readR2Use(ask, place, span)).toEqual({
    size: { peakBytes: 520, lastBytes: 9, objects: 1 },
    classA: 11,
    classB: 8,
    unknownActions: ["Frobnicate"],
  });
  expect(asked).toEqual([
    { account: "acc", bucket: "hotspot-1", from: "2026-11-20T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" },
  ]);
});

test("a bucket of a jurisdiction is asked for with it in front of its name", async () => {
  const { ask, asked } = analytics(() => ({}));
  const use = await readR2Use(ask, { ...place, jurisdiction: "eu" }, span);
  expect(asked[0]!.bucket).toBe("eu_hotspot-1");
  expect(use).toEqual({ size: null, classA: 0, classB: 0, unknownActions: [] });
});

test("an answer that was cut off at the limit of rows is asked for again in halves, and nothing is lost", async () => {
  // A hundred samples and operations an hour more than fit into one answer.
  const perHour = 1_000;
  const { ask, asked } = analytics(({ from, to }) => {
    const hours = (Date.parse(to!) - Date.parse(from!)) / 3_600_000;
    const first = (Date.parse(from!) - span.from.getTime()) / 3_600_000;
    const all = Array.from({ length: Math.round(hours * perHour) }, (_, i) => first * perHour + i);
    return {
      sizes: all.slice(0, 10_000).map((n) => [n, 0, n]),
      operations: all.slice(0, 10_000).map(() => ["PutObject", 1]),
    };
  });
  expect(await readR2Use(ask, place, span)).toMatchObject({
    size: { peakBytes: 23_999, lastBytes: 23_999, objects: 23_999 },
    classA: 24_000,
  });
  expect(asked).toHaveLength(7);
});

test("no account in the answer is a failure and not a day without use", async () => {
  const ask: AskAnalytics = async ({ data }) => data.parse({ viewer: { accounts: [] } });
  await expect(readR2Use(ask, place, span)).rejects.toThrow();
});
