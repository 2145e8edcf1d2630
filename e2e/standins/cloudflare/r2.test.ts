import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import { CloudflareStandIn } from "./index.ts";
import { createAsk } from "./testing/api.ts";
import { createS3, makeBucket, makeKey, sha256 } from "./testing/bucket.ts";

const standIn = await CloudflareStandIn.start({ zone: "example.org" });
afterAll(() => standIn.stop());
const ask = createAsk(standIn);
const PART = 5 * 1024 * 1024;
const Bucket = "bucket-1";
const key = await makeBucket(standIn, Bucket);
const s3 = createS3(standIn, key);
const refusal = (sent: Promise<unknown>) =>
  sent.then(
    () => "done",
    (error) => [error.$metadata.httpStatusCode, error.name],
  );

test("an object is put, read in part, listed and deleted", async () => {
  const Key = "hubs/1/a b+c.txt";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "0123456789", Metadata: { made: "here" } }));
  const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range: "bytes=2-4" }));
  expect([await part.Body!.transformToString(), part.ContentRange]).toEqual(["234", "bytes 2-4/10"]);
  const whole = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect([whole.Metadata, whole.ContentLength]).toEqual([{ made: "here" }, 10]);
  expect(standIn.list().objects).toEqual([{ bucket: Bucket, key: Key, size: 10 }]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  expect(await refusal(s3.send(new GetObjectCommand({ Bucket, Key })))).toEqual([404, "NoSuchKey"]);
});

test("a list comes in the order of bytes, in pages, with common prefixes", async () => {
  const keys = ["a-b", "a/x", "a/y", "b", "c/z", "ä<&>"];
  for (const Key of keys.toReversed()) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const seen: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken }));
    seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(seen).toEqual(keys);
  const top = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
  expect(top.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["a/", "c/"]);
  const Objects = keys.map((Key) => ({ Key }));
  const gone = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(gone.Deleted?.map(({ Key }) => Key)).toEqual(keys);
  expect(standIn.list().objects).toEqual([]);
});

test("an upload in parts can be finished or given up", async () => {
  const Key = "large";
  const start = async () => (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId!;
  const given = await start();
  await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId: given, PartNumber: 1, Body: randomBytes(10) }),
  );
  const open = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(open.Uploads?.map(({ UploadId }) => UploadId)).toEqual([given]);
  expect((await ask(`DELETE /accounts/:account/r2/buckets/${Bucket}`)).code).toBe(10008);
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: given }));
  expect(await standIn.uploads()).toEqual([]);

  const UploadId = await start();
  const bodies = [randomBytes(PART), randomBytes(PART), randomBytes(7)];
  const Parts = [];
  for (const [at, Body] of bodies.entries()) {
    const sent = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body }));
    Parts.push({ PartNumber: at + 1, ETag: sent.ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  const whole = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(sha256(Buffer.from(await whole.Body!.transformToByteArray()))).toBe(sha256(Buffer.concat(bodies)));
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
});

test("an upload that breaks off leaves what was there", async () => {
  const Key = "kept";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "old" }));
  // The SDK signs, and the request is then sent by hand, up to its middle.
  s3.middlewareStack.add(
    () => async (args) => {
      const { headers, hostname, port, path } = args.request as Record<string, never>;
      const sent = request({ method: "PUT", hostname, port, path, headers });
      sent.on("error", () => undefined).write("ne");
      await once(sent, "socket");
      await once(sent.socket!, "connect");
      await new Promise<void>((done) => sent.socket!.write("", () => done()));
      sent.destroy();
      throw new Error("cut");
    },
    { step: "finalizeRequest", priority: "low", name: "cut" },
  );
  await expect(s3.send(new PutObjectCommand({ Bucket, Key, Body: "newer" }))).rejects.toThrow("cut");
  s3.middlewareStack.remove("cut");
  await s3.send(new PutObjectCommand({ Bucket, Key: "other", Body: "whole" }));
  const read = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(await read.Body!.transformToString()).toBe("old");
  const sizes = standIn.list().objects.map(({ key: of, size }) => [of, size]);
  expect(sizes).toEqual([
    [Key, 3],
    ["other", 5],
  ]);
  for (const one of [Key, "other"]) await s3.send(new DeleteObjectCommand({ Bucket, Key: one }));
});

test("a key works on its bucket only, with its secret only, and until its token is gone", async () => {
  const other = await makeBucket(standIn, "bucket-2");
  const head = (using: typeof s3, of = Bucket) =>
    refusal(using.send(new ListObjectsV2Command({ Bucket: of })));
  expect(await head(s3, "bucket-2")).toEqual([403, "AccessDenied"]);
  expect(await head(s3, "bucket-3")).toEqual([403, "AccessDenied"]);
  const forged = createS3(standIn, { ...key, secretAccessKey: sha256("guess") });
  expect(await head(forged)).toEqual([403, "SignatureDoesNotMatch"]);
  const second = createS3(standIn, await makeKey(standIn, Bucket));
  expect(await head(second)).toBe("done");
  await ask(`DELETE /accounts/:account/tokens/${other.tokenId}`);
  expect(await head(createS3(standIn, other), "bucket-2")).toEqual([401, "Unauthorized"]);
  expect(await head(s3)).toBe("done");
});

test("the platform's token is a key for every bucket", async () => {
  const { result } = await ask("GET /accounts/:account/tokens/verify");
  const platform = createS3(standIn, {
    accessKeyId: result.id,
    secretAccessKey: sha256(standIn.token),
  });
  await platform.send(new HeadBucketCommand({ Bucket: "bucket-2" }));
  expect(await refusal(platform.send(new ListObjectsV2Command({ Bucket: "bucket-3" })))).toEqual([
    404,
    "NoSuchBucket",
  ]);
});

test("a new key is refused until it has got around", async () => {
  standIn.world.propagationMs = 60_000;
  const late = createS3(standIn, await makeKey(standIn, Bucket));
  expect(await refusal(late.send(new ListObjectsV2Command({ Bucket })))).toEqual([401, "Unauthorized"]);
  standIn.world.propagationMs = 0;
});

test("lifecycle rules delete objects at their date and give up old uploads", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "x/1", Body: "1" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "y/1", Body: "1" }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "y/2" }));
  await ask(`PUT /accounts/:account/r2/buckets/${Bucket}/lifecycle`, {
    rules: [
      {
        id: "x",
        enabled: true,
        conditions: { prefix: "x/" },
        deleteObjectsTransition: { condition: { type: "Date", date: "2031-01-01T00:00:00Z" } },
      },
      {
        id: "y",
        enabled: true,
        conditions: { prefix: "" },
        abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: 60 } },
      },
    ],
  });
  await standIn.runLifecycle();
  expect([standIn.list().objects.length, (await standIn.uploads()).length]).toEqual([2, 1]);
  await standIn.runLifecycle(new Date("2031-01-02"));
  expect([standIn.list().objects.map((one) => one.key), await standIn.uploads()]).toEqual([["y/1"], []]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "y/1" }));
});

test("analytics tell of what was held at most and what was asked, and refuse a field that they have not", async () => {
  const query = async (fields: string) => {
    const response = await fetch(`${standIn.apiBase}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${standIn.token}` },
      body: JSON.stringify({
        query: `query($acct: string!, $from: Time) { viewer { accounts(filter: { accountTag: $acct }) { ${fields} } } }`,
        variables: { acct: standIn.accountId, from: new Date(Date.now() - 3_600_000).toISOString() },
      }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what is looked at
    return (await response.json()) as any;
  };
  const { data, errors } = await query(`
    r2StorageAdaptiveGroups(limit: 10, filter: { datetime_geq: $from, bucketName: "${Bucket}" }) {
      max { objectCount payloadSize } dimensions { bucketName } }
    r2OperationsAdaptiveGroups(limit: 100, filter: { datetime_geq: $from, bucketName: "${Bucket}" }) {
      sum { requests } dimensions { actionType actionStatus } }`);
  expect(errors).toBeNull();
  const [account] = data.viewer.accounts;
  const peak = Math.max(
    ...account.r2StorageAdaptiveGroups.map((row: { max: { payloadSize: number } }) => row.max.payloadSize),
  );
  expect(peak).toBe(2 * PART + 7);
  const operations = account.r2OperationsAdaptiveGroups.map((row: { dimensions: object }) => row.dimensions);
  expect(operations).toContainEqual({ actionType: "UploadPart", actionStatus: "success" });
  expect(operations).toContainEqual({ actionType: "ListObjects", actionStatus: "userError" });
  const { errors: told } = await query("r2StorageAdaptiveGroups(limit: 10) { nothing }");
  expect(told.map(({ message }: { message: string }) => message)).toContain(
    'Cannot query field "nothing" on type "StorageGroup".',
  );
});
