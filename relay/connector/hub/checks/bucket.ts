import { randomBytes } from "node:crypto";
import { openBucket } from "../../backup/bucket-client.ts";
import type { Network } from "../../network/network.ts";
import type { HubCheck } from "../../portal/hub-client.ts";
import type { HubBucketAccess } from "../state.ts";

/** A bucket that takes longer for a few bytes is as good as away, ms. */
const TIMEOUT_MS = 20_000;

/**
 * Writes, reads and deletes a small object in this hub's part of the bucket. Costs two operations that are paid for,
 * so it is not done with every report.
 */
export async function checkBucket(access: HubBucketAccess, network: Network): Promise<HubCheck> {
  let step = "written";
  try {
    const { client, PutObjectCommand, GetObjectCommand, DeleteObjectCommand } = await openBucket(
      access,
      network,
    );
    try {
      const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
      const text = randomBytes(16).toString("hex");
      const object = { Bucket: access.name, Key: `${access.prefix}/health/${text}` };
      await client.send(new PutObjectCommand({ ...object, Body: text }), { abortSignal });
      step = "read";
      const { Body } = await client.send(new GetObjectCommand(object), { abortSignal });
      const got = await Body?.transformToString();
      step = "deleted";
      await client.send(new DeleteObjectCommand(object), { abortSignal });
      if (got !== text) throw new Error("what came back is not what was written");
      return { name: "bucket", ok: true, message: null };
    } finally {
      client.destroy();
    }
  } catch (error) {
    return { name: "bucket", ok: false, message: `The backup bucket cannot be ${step}: ${describe(error)}` };
  }
}

/** In words; a message of the SDK names no key, and an address only of the bucket. */
function describe(error: unknown): string {
  const { name, message, code, $metadata } = error as Error & {
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  if (status === 403 || status === 401) return `its key is refused (${name}).`;
  if (name === "TimeoutError" || name === "AbortError") return "no answer in time.";
  return `${(message || code || name || "unknown error").slice(0, 300)}${status ? ` (${status})` : ""}.`;
}
