import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { S3Refusal } from "./s3-refusal.ts";
import { type FilesystemStore, FilesystemStoreClass, type S3rverObject, s3Error } from "./s3rver.ts";

export interface StoredObject {
  readonly size: number;
  readonly md5: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A body as it has to be stored, for requests whose body comes in another shape; and how long it says it is. */
export interface DecodedBody {
  readonly stream: Readable;
  readonly length: number | null;
  /** Hex, of the whole body; null: the sender did not say. */
  readonly sha256: string | null;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly started: number;
  readonly parts: { number: number; size: number; md5: string }[];
}

export interface R2Store extends FilesystemStore {
  readonly bodies: WeakMap<object, DecodedBody>;
  /** Hears of a bucket whose contents changed. */
  onChange: (bucket: string) => void;
  objectsOf(bucket: string): Map<string, StoredObject>;
  uploadsOf(bucket: string): Promise<Upload[]>;
  abortUpload(bucket: string, uploadId: string): Promise<void>;
  load(): Promise<void>;
}

const OBJECT = "._S3rver_object";

/**
 * s3rver's store, mended: an object appears when its last byte has arrived and not before (a PUT that breaks leaves the
 * old one), what is there is known without walking folders, and uploads in parts can be listed and given up.
 */
export function createR2Store(root: string): R2Store {
  class Store extends FilesystemStoreClass() implements R2Store {
    readonly bodies = new WeakMap<object, DecodedBody>();
    readonly #objects = new Map<string, Map<string, StoredObject>>();
    onChange: (bucket: string) => void = () => undefined;

    async load(): Promise<void> {
      await mkdir(root, { recursive: true });
      await rm(join(root, ".arriving"), { recursive: true, force: true });
      for (const bucket of await readdir(root)) {
        const objects = this.objectsOf(bucket);
        for (const path of await readdir(join(root, bucket), { recursive: true })) {
          if (!path.endsWith(OBJECT)) continue;
          await this.#remember(bucket, path.slice(0, -OBJECT.length), objects);
        }
      }
    }

    objectsOf(bucket: string): Map<string, StoredObject> {
      const objects = this.#objects.get(bucket) ?? new Map<string, StoredObject>();
      this.#objects.set(bucket, objects);
      return objects;
    }

    override async putObject(object: S3rverObject): Promise<{ size: number; md5: string }> {
      const { bucket, key } = object;
      const arrived = await this.#receive(object.content);
      const path = this.getResourcePath(bucket, key, "object");
      await mkdir(dirname(path), { recursive: true });
      await this.putMetadata(bucket, key, object.metadata, arrived.md5);
      await rename(arrived.path, path);
      await this.#remember(bucket, key);
      this.onChange(bucket);
      return arrived;
    }

    override async putPart(bucket: string, uploadId: string, part: string, content: IncomingMessage) {
      const folder = join(this.getResourcePath(bucket, undefined, "uploads"), uploadId);
      if (!(await exists(folder)))
        throw s3Error(404, "NoSuchUpload", "The specified multipart upload does not exist.");
      const arrived = await this.#receive(content);
      await rename(arrived.path, join(folder, part));
      await writeFile(join(folder, `${part}.md5`), arrived.md5);
      this.onChange(bucket);
      return arrived;
    }

    override async deleteObject(bucket: string, key: string): Promise<void> {
      await super.deleteObject(bucket, key);
      this.objectsOf(bucket).delete(key);
      this.onChange(bucket);
    }

    override async copyObject(
      from: string,
      fromKey: string,
      to: string,
      toKey: string,
      metadata: object | null,
    ) {
      const copied = await super.copyObject(from, fromKey, to, toKey, metadata);
      await this.#remember(to, toKey);
      this.onChange(to);
      return copied;
    }

    override async deleteBucket(bucket: string): Promise<void> {
      await super.deleteBucket(bucket);
      this.#objects.delete(bucket);
    }

    async uploadsOf(bucket: string): Promise<Upload[]> {
      const folder = this.getResourcePath(bucket, undefined, "uploads");
      if (!(await exists(folder))) return [];
      const ids = await readdir(folder);
      return Promise.all(ids.map((id) => readUpload(join(folder, id), id)));
    }

    async abortUpload(bucket: string, uploadId: string): Promise<void> {
      const folder = join(this.getResourcePath(bucket, undefined, "uploads"), uploadId);
      if (!(await exists(folder))) throw noSuchUpload();
      await rm(folder, { recursive: true, force: true });
      this.onChange(bucket);
    }

    /** To a file beside the buckets; nobody sees it until it is whole and what it says it is. */
    async #receive(content: S3rverObject["content"]) {
      const body = this.bodies.get(content) ?? null;
      const path = join(root, ".arriving", randomUUID());
      await mkdir(dirname(path), { recursive: true });
      const md5 = createHash("md5");
      const sha256 = createHash("sha256");
      let size = 0;
      const meter = new Transform({
        transform(chunk: Buffer, _, done) {
          size += chunk.length;
          md5.update(chunk);
          if (body?.sha256) sha256.update(chunk);
          done(null, chunk);
        },
      });
      const source = body?.stream ?? (Buffer.isBuffer(content) ? Readable.from([content]) : content);
      try {
        await pipeline(source, meter, createWriteStream(path));
        if (body?.length !== undefined && body.length !== null && body.length !== size)
          throw s3Error(400, "IncompleteBody", "The body is not as long as it said.");
        if (body?.sha256 && sha256.digest("hex") !== body.sha256)
          throw s3Error(400, "XAmzContentSHA256Mismatch", "The body is not what was signed.");
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return { path, size, md5: md5.digest("hex") };
    }

    async #remember(bucket: string, key: string, objects = this.objectsOf(bucket)): Promise<void> {
      const path = this.getResourcePath(bucket, key, "object");
      const [{ size, mtimeMs }, md5] = await Promise.all([stat(path), readFile(`${path}.md5`, "utf8")]);
      objects.set(key, { size, md5, modified: mtimeMs });
    }
  }
  return new Store(root);
}

async function readUpload(folder: string, id: string): Promise<Upload> {
  const names = await readdir(folder);
  const parts = names
    .filter((name) => /^\d+$/.test(name) && names.includes(`${name}.md5`))
    .map(async (name) => ({
      number: Number(name),
      size: (await stat(join(folder, name))).size,
      md5: await readFile(join(folder, `${name}.md5`), "utf8"),
    }));
  return {
    id,
    key: await readFile(join(folder, "key"), "utf8"),
    started: (await stat(join(folder, "key"))).mtimeMs,
    parts: (await Promise.all(parts)).toSorted((a, b) => a.number - b.number),
  };
}

function noSuchUpload(): S3Refusal {
  return new S3Refusal(404, "NoSuchUpload", "The specified multipart upload does not exist.");
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
