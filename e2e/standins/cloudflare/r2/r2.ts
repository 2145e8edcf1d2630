import type { Server } from "node:http";
import type { Bucket, LifecycleCondition } from "../core/state.ts";
import type { World } from "../core/world.ts";
import { createR2Server, folderOf } from "./server.ts";
import { createR2Store, type R2Store } from "./store.ts";
import { createUsage } from "./usage.ts";

export interface R2 {
  readonly server: Server;
  /** Bucket, key and size of every object. */
  objects(): { bucket: string; key: string; size: number }[];
  /** Uploads in parts that were neither completed nor given up. */
  uploads(): Promise<{ bucket: string; key: string; id: string }[]>;
  /** Does what the rules of every bucket say for that moment. R2 does it within about a day by itself. */
  runLifecycle(now?: Date): Promise<void>;
}

/** R2: the buckets that the API makes, their objects on the disk under `root`, and S3 in front. */
export async function createR2(options: {
  world: World;
  token: string;
  root: string;
  calls: string[];
}): Promise<R2> {
  const { world, token, root, calls } = options;
  const store = createR2Store(root);
  await store.load();
  const usage = createUsage(world);
  const byFolder = (folder: string) => world.state.buckets.find((bucket) => folderOf(bucket) === folder);
  world.countObjects = async (jurisdiction, name) => {
    const folder = folderOf({ jurisdiction, name });
    return store.objectsOf(folder).size + (await store.uploadsOf(folder)).length;
  };
  world.onBucketDeleted = (jurisdiction, name) => store.deleteBucket(folderOf({ jurisdiction, name }));
  world.onBucketMade = async (bucket) => {
    await store.putBucket(folderOf(bucket));
    usage.sample(bucket, { objects: 0, bytes: 0, uploads: 0 });
  };
  store.onChange = (folder) => {
    const bucket = byFolder(folder);
    if (!bucket) return;
    const objects = [...store.objectsOf(folder).values()];
    usage.sample(bucket, {
      objects: objects.length,
      bytes: objects.reduce((sum, { size }) => sum + size, 0),
      uploads: 0,
    });
  };
  return {
    server: createR2Server({ world, token, store, usage, calls }),
    objects: () =>
      world.state.buckets.flatMap((bucket) =>
        [...store.objectsOf(folderOf(bucket))].map(([key, { size }]) => ({ bucket: bucket.name, key, size })),
      ),
    uploads: async () => {
      const all = world.state.buckets.map(async (bucket) =>
        (await store.uploadsOf(folderOf(bucket))).map(({ key, id }) => ({ bucket: bucket.name, key, id })),
      );
      return (await Promise.all(all)).flat();
    },
    runLifecycle: async (now = new Date()) => {
      for (const bucket of world.state.buckets) await tidy(store, bucket, now.getTime());
    },
  };
}

async function tidy(store: R2Store, bucket: Bucket, now: number): Promise<void> {
  const folder = folderOf(bucket);
  for (const rule of bucket.lifecycle.filter(({ enabled }) => enabled)) {
    const prefix = rule.conditions.prefix ?? "";
    const objects = rule.deleteObjectsTransition?.condition;
    for (const [key, { modified }] of objects ? [...store.objectsOf(folder)] : [])
      if (key.startsWith(prefix) && isDue(objects!, modified, now)) await store.deleteObject(folder, key);
    const uploads = rule.abortMultipartUploadsTransition?.condition;
    for (const { id, key, started } of uploads ? await store.uploadsOf(folder) : [])
      if (key.startsWith(prefix) && isDue(uploads!, started, now)) await store.abortUpload(folder, id);
  }
}

function isDue(condition: LifecycleCondition, since: number, now: number): boolean {
  return condition.type === "Date"
    ? Date.parse(condition.date) <= now
    : since + condition.maxAge * 1_000 <= now;
}
