import type { HubCheck } from "../portal/hub-client.ts";
import type { HubBucketAccess } from "./state.ts";

/** A key that was just made may take some seconds to be known everywhere, ms. */
const WAITS_MS = [500, 1_000, 2_000, 4_000];

/**
 * Whether another key of the bucket can be used from now on: when it is confirmed, the old one stops. Where the bucket
 * itself is away, the old key stays too.
 */
export async function takeNewKey(
  before: HubBucketAccess,
  after: HubBucketAccess,
  check: (access: HubBucketAccess) => Promise<HubCheck>,
): Promise<boolean> {
  if (after.accessKeyId === before.accessKeyId) return true;
  for (const ms of [...WAITS_MS, null]) {
    if ((await check(after)).ok) return true;
    if (ms !== null) await new Promise((resolve) => setTimeout(resolve, ms));
  }
  return false;
}
