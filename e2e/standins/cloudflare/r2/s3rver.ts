import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";

/** The parts of s3rver that are used; it comes without types. */
export interface S3rverObject {
  readonly bucket: string;
  readonly key: string;
  readonly content: IncomingMessage | NodeJS.ReadableStream | Buffer;
  readonly metadata: Record<string, string>;
}

export interface FilesystemStore {
  readonly rootDirectory: string;
  getBucketPath(bucket: string): string;
  getResourcePath(bucket: string, key: string | undefined, resource: string): string;
  putBucket(bucket: string): Promise<unknown>;
  deleteBucket(bucket: string): Promise<void>;
  putMetadata(bucket: string, key: string, metadata: object, md5?: string): Promise<void>;
  getMetadata(bucket: string, key: string): Promise<Record<string, string | number>>;
  deleteObject(bucket: string, key: string): Promise<void>;
  copyObject(
    from: string,
    fromKey: string,
    to: string,
    toKey: string,
    metadata: object | null,
  ): Promise<object>;
  putObject(object: S3rverObject): Promise<{ size: number; md5: string }>;
  putObjectMultipart(
    bucket: string,
    uploadId: string,
    parts: { number: number }[],
  ): Promise<{ size: number; md5: string }>;
  putPart(
    bucket: string,
    uploadId: string,
    part: string,
    content: IncomingMessage,
  ): Promise<{ size: number; md5: string }>;
}

/** An error that s3rver tells as it is. */
export function s3Error(status: number, code: string, message: string): Error {
  const Class = require("s3rver/lib/models/error.js") as new (code: string, message: string) => Error;
  return Object.assign(new Class(code, message), { status });
}

interface S3rver {
  store: FilesystemStore;
  readonly context: { store: FilesystemStore };
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

const require = createRequire(import.meta.url);

export const FilesystemStoreClass = (): (new (root: string) => FilesystemStore) =>
  require("s3rver/lib/stores/filesystem.js");

/** s3rver as a handler of requests, over a store of ours. */
export function createS3rver(store: FilesystemStore): ReturnType<S3rver["callback"]> {
  const Class = require("s3rver") as new (options: object) => S3rver;
  const server = new Class({ directory: store.rootDirectory, silent: true, vhostBuckets: false });
  server.store = store;
  server.context.store = store;
  return server.callback();
}
