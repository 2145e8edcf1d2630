import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Bucket } from "../core/state.ts";
import type { World } from "../core/world.ts";
import { authenticate, authorize } from "./access.ts";
import { type Action, actionOf, readTarget, type S3Target } from "./actions.ts";
import { ChunkedBody } from "./chunked.ts";
import { listObjects, listParts, listUploads } from "./listings.ts";
import { escapeXml, refusalXml, S3Refusal, unescapeXml, xmlDocument } from "./s3-refusal.ts";
import { createS3rver } from "./s3rver.ts";
import type { R2Store, Upload } from "./store.ts";
import type { Usage } from "./usage.ts";

export interface R2ServerOptions {
  readonly world: World;
  readonly token: string;
  readonly store: R2Store;
  readonly usage: Usage;
  readonly calls: string[];
}

/** A bucket's folder in the store. */
export const folderOf = (bucket: { jurisdiction: string; name: string }) =>
  `${bucket.jurisdiction}_${bucket.name}`;

/**
 * R2's S3 API, path style. Who asks and whether they may is decided here, and so are lists and what s3rver has not;
 * objects are s3rver's.
 */
export function createR2Server(options: R2ServerOptions): Server {
  let objects: ReturnType<typeof createS3rver> | null = null;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const target = readTarget(request);
    options.calls.push(`${request.method} ${new URL(request.url!, "http://r2").pathname}`);
    const action = actionOf(request, target);
    const bucket = options.world.state.buckets.find(({ name }) => name === target.bucket) ?? null;
    if (bucket && action)
      response.once("close", () => options.usage.count(bucket, action.name, response.statusCode));
    try {
      const who = authenticate(options.world, options.token, request);
      if (!action) throw new S3Refusal(501, "NotImplemented", "Not implemented");
      authorize(options.world, who, bucket, action);
      if (!bucket) throw new S3Refusal(404, "NoSuchBucket", "The specified bucket does not exist.");
      const own = await answerOwn(options, request, bucket, action, { ...target, bucket: folderOf(bucket) });
      if (own !== null) return send(response, own.status, renamed(own.body, bucket));
      takeBody(options.store, request);
      objects ??= createS3rver(options.store);
      await objects(moved(request, bucket), response);
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error;
      send(response, error.status, request.method === "HEAD" ? "" : refusalXml(error));
    }
  };
  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
}

async function answerOwn(
  { store }: R2ServerOptions,
  request: IncomingMessage,
  bucket: Bucket,
  action: Action,
  target: S3Target,
): Promise<{ status: number; body: string } | null> {
  const found = (body: string) => ({ status: 200, body });
  const upload = async () => {
    const one = (await store.uploadsOf(target.bucket)).find(({ id }) => id === target.query.get("uploadId"));
    if (!one || one.key !== target.key)
      throw new S3Refusal(404, "NoSuchUpload", "The specified multipart upload does not exist.");
    return one;
  };
  switch (action.name) {
    case "HeadBucket":
      return found("");
    case "GetBucketLocation":
      return found(xmlDocument(`<LocationConstraint>${bucket.location.toUpperCase()}</LocationConstraint>`));
    case "ListObjects":
      return found(listObjects(store, target));
    case "ListMultipartUploads":
      return found(listUploads(target, await store.uploadsOf(target.bucket)));
    case "ListParts":
      return found(listParts(target, await upload()));
    case "AbortMultipartUpload":
      await store.abortUpload(target.bucket, (await upload()).id);
      return { status: 204, body: "" };
    case "UploadPart":
      await upload();
      return null;
    case "CompleteMultipartUpload":
      return found(await completeUpload(store, target, await upload(), await text(request)));
    case "DeleteObject":
      if (store.objectsOf(target.bucket).has(target.key)) await store.deleteObject(target.bucket, target.key);
      return { status: 204, body: "" };
    case "DeleteObjects":
      return found(await deleteObjects(store, target.bucket, await text(request)));
    case "ListBuckets":
    case "PutBucket":
    case "DeleteBucket":
      throw new S3Refusal(501, "NotImplemented", "buckets are made and removed over the API here");
    default:
      return null;
  }
}

async function deleteObjects(store: R2Store, bucket: string, body: string): Promise<string> {
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => unescapeXml(key!));
  if (keys.length === 0 || keys.length > 1_000)
    throw new S3Refusal(400, "MalformedXML", "The XML you provided was not well-formed.");
  for (const key of keys) if (store.objectsOf(bucket).has(key)) await store.deleteObject(bucket, key);
  const quiet = body.includes("<Quiet>true</Quiet>");
  const told = quiet ? [] : keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`);
  return xmlDocument(
    `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${told.join("")}</DeleteResult>`,
  );
}

/** R2 wants all parts but the last of one size, and 5 MiB at least. */
async function completeUpload(
  store: R2Store,
  target: S3Target,
  upload: Upload,
  body: string,
): Promise<string> {
  const told = [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part!)?.[1]),
    md5: unescapeXml(/<ETag>([^<]*)</.exec(part!)?.[1] ?? "").replaceAll('"', ""),
  }));
  const parts = told.map(({ number, md5 }) =>
    upload.parts.find((one) => one.number === number && one.md5 === md5),
  );
  if (parts.length === 0 || parts.includes(undefined))
    throw new S3Refusal(400, "InvalidPart", "One or more of the specified parts could not be found.");
  const sizes = parts.slice(0, -1).map((part) => part!.size);
  if (sizes.some((size) => size < MIN_PART_BYTES))
    throw new S3Refusal(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed object size.",
    );
  if (new Set(sizes).size > 1 || (sizes[0] ?? parts.at(-1)!.size) < parts.at(-1)!.size)
    throw new S3Refusal(400, "InvalidPart", "All non-trailing parts must have the same length.");
  const { md5 } = await store.putObjectMultipart(target.bucket, upload.id, told);
  return xmlDocument(
    `<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>${target.bucket}</Bucket><Key>${escapeXml(target.key)}</Key><ETag>&quot;${md5}&quot;</ETag></CompleteMultipartUploadResult>`,
  );
}

const MIN_PART_BYTES = 5 * 1024 * 1024;

/** How the body is to be read; only then may it be stored. */
function takeBody(store: R2Store, request: IncomingMessage): void {
  const told = String(request.headers["x-amz-content-sha256"]);
  const length = (name: string) =>
    request.headers[name] === undefined ? null : Number(request.headers[name] as string);
  if (told === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") {
    const stream = request.pipe(new ChunkedBody());
    request.once("close", () => {
      if (!request.complete) stream.destroy(new Error("the client went away"));
    });
    store.bodies.set(request, { stream, length: length("x-amz-decoded-content-length"), sha256: null });
    const encodings = String(request.headers["content-encoding"] ?? "")
      .split(",")
      .filter((one) => one.trim() !== "" && one.trim() !== "aws-chunked");
    if (encodings.length > 0) request.headers["content-encoding"] = encodings.join(",");
    else delete request.headers["content-encoding"];
    return;
  }
  if (told.startsWith("STREAMING-")) throw new S3Refusal(501, "NotImplemented", `${told} not implemented`);
  const sha256 = /^[0-9a-f]{64}$/.test(told) ? told : null;
  store.bodies.set(request, { stream: request, length: length("content-length"), sha256 });
}

/** As s3rver is to see it: the folder for the bucket, and no signature, for that was checked here. */
function moved(request: IncomingMessage, bucket: Bucket): IncomingMessage {
  request.url = request.url!.replace(/^\/[^/?]+/, `/${folderOf(bucket)}`);
  delete request.headers.authorization;
  const source = request.headers["x-amz-copy-source"];
  if (typeof source === "string") {
    const [, from, key] = /^\/?([^/]+)(\/.*)$/.exec(source) ?? [];
    // A key has one bucket: what is copied is in it.
    if (from !== bucket.name) throw new S3Refusal(403, "AccessDenied", "Access Denied");
    request.headers["x-amz-copy-source"] = `/${folderOf(bucket)}${key}`;
  }
  return request;
}

function renamed(body: string, bucket: Bucket): string {
  return body
    .replace(`<Name>${folderOf(bucket)}</Name>`, `<Name>${bucket.name}</Name>`)
    .replace(`<Bucket>${folderOf(bucket)}</Bucket>`, `<Bucket>${bucket.name}</Bucket>`);
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response
    .writeHead(status, {
      ...(body ? { "content-type": "application/xml" } : {}),
      "content-length": Buffer.byteLength(body),
    })
    .end(body);
}
