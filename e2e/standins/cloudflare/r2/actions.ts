import type { IncomingMessage } from "node:http";

/** What R2 calls a request in its analytics, and what it needs to be allowed. */
export interface Action {
  readonly name: string;
  readonly needs: "read" | "write" | "admin";
}

export interface S3Target {
  readonly bucket: string;
  /** Decoded; empty: the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Path style: `/bucket/key`. */
export function readTarget(request: IncomingMessage): S3Target {
  const { pathname, searchParams } = new URL(request.url!, "http://r2");
  const [, bucket = "", ...key] = pathname.split("/");
  return {
    bucket: decodeURIComponent(bucket),
    key: key.map(decodeURIComponent).join("/"),
    query: searchParams,
  };
}

const read = (name: string): Action => ({ name, needs: "read" });
const write = (name: string): Action => ({ name, needs: "write" });
const admin = (name: string): Action => ({ name, needs: "admin" });

/** @returns null: R2 has no such request, or the stand-in has not */
export function actionOf(request: IncomingMessage, { bucket, key, query }: S3Target): Action | null {
  const { method, headers } = request;
  const has = (name: string) => query.has(name);
  if (bucket === "") return method === "GET" ? admin("ListBuckets") : null;
  if (key === "") {
    if (method === "HEAD") return read("HeadBucket");
    if (method === "PUT") return admin("PutBucket");
    if (method === "DELETE") return admin("DeleteBucket");
    if (method === "POST") return has("delete") ? write("DeleteObjects") : null;
    if (method !== "GET") return null;
    if (has("location")) return read("GetBucketLocation");
    if (has("uploads")) return read("ListMultipartUploads");
    return ["lifecycle", "cors", "policy", "versioning"].some(has) ? null : read("ListObjects");
  }
  if (method === "HEAD") return read("HeadObject");
  if (method === "GET") return has("uploadId") ? read("ListParts") : read("GetObject");
  if (method === "DELETE") return has("uploadId") ? write("AbortMultipartUpload") : write("DeleteObject");
  if (method === "POST" && has("uploads")) return write("CreateMultipartUpload");
  if (method === "POST" && has("uploadId")) return write("CompleteMultipartUpload");
  if (method !== "PUT") return null;
  if (has("uploadId")) return headers["x-amz-copy-source"] === undefined ? write("UploadPart") : null;
  return write(headers["x-amz-copy-source"] === undefined ? "PutObject" : "CopyObject");
}
