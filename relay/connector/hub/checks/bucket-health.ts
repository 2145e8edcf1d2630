import type { HubCheck } from "../../portal/hub-client.ts";
import type { HubBucketAccess } from "../state.ts";

/** A bucket that works is written to again after this: each look costs its owner two operations, ms. */
const FRESH_MS = 10 * 60_000;

/** What is known of the bucket, without asking it with every report. */
export class BucketHealth {
  private readonly check: (access: HubBucketAccess) => Promise<HubCheck>;
  private last: { accessKeyId: string; at: number; result: HubCheck } | null = null;

  constructor(check: (access: HubBucketAccess) => Promise<HubCheck>) {
    this.check = check;
  }

  /** Looks when the key is another one, the last look is old, or it did not work then. */
  async look(access: HubBucketAccess): Promise<HubCheck> {
    const { last } = this;
    const isFresh =
      last?.result.ok && last.accessKeyId === access.accessKeyId && performance.now() - last.at < FRESH_MS;
    if (last !== null && isFresh) return last.result;
    const result = await this.check(access);
    this.last = { accessKeyId: access.accessKeyId, at: performance.now(), result };
    return result;
  }
}
