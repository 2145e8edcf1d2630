import type { Bucket, OperationRow } from "../core/state.ts";
import type { World } from "../core/world.ts";

/** What Cloudflare's analytics would know of R2: one row per bucket and hour. */
export interface Usage {
  /** A request was answered. */
  count(bucket: Bucket, actionType: string, status: number): void;
  /** What the bucket holds has changed. */
  sample(bucket: Bucket, held: { objects: number; bytes: number; uploads: number }): void;
}

/** Buckets of a jurisdiction appear with it in front: `eu_<name>`. */
export const nameInAnalytics = ({ jurisdiction, name }: Bucket): string =>
  jurisdiction === "default" ? name : `${jurisdiction}_${name}`;

export const hourOf = (at: Date): string => `${at.toISOString().slice(0, 13)}:00:00Z`;

export function createUsage(world: World): Usage {
  return {
    count(bucket, actionType, responseStatusCode) {
      const row = {
        bucketName: nameInAnalytics(bucket),
        hour: hourOf(new Date()),
        actionType,
        actionStatus: outcomeOf(responseStatusCode),
        responseStatusCode,
      };
      const known = world.state.operations.find(
        (one) =>
          one.bucketName === row.bucketName &&
          one.hour === row.hour &&
          one.actionType === actionType &&
          one.responseStatusCode === responseStatusCode,
      );
      if (known) known.requests += 1;
      else world.state.operations.push({ ...row, requests: 1 });
      world.onChange();
    },
    sample(bucket, { objects, bytes, uploads }) {
      const bucketName = nameInAnalytics(bucket);
      const hour = hourOf(new Date());
      const known = world.state.storage.find((one) => one.bucketName === bucketName && one.hour === hour);
      const row = known ?? {
        bucketName,
        hour,
        objectCount: 0,
        uploadCount: 0,
        payloadSize: 0,
        metadataSize: 0,
      };
      if (!known) world.state.storage.push(row);
      // What Cloudflare bills is the peak.
      row.objectCount = Math.max(row.objectCount, objects);
      row.payloadSize = Math.max(row.payloadSize, bytes);
      row.uploadCount = Math.max(row.uploadCount, uploads);
      world.onChange();
    },
  };
}

function outcomeOf(status: number): OperationRow["actionStatus"] {
  if (status >= 500) return "internalError";
  return status >= 400 ? "userError" : "success";
}
