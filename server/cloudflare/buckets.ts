import * as z from "zod";
import type { CloudflareClient } from "./client.ts";
import { isGone } from "./errors.ts";

const Bucket = z.object({ name: z.string(), creation_date: z.string().nullish() });
export type CloudflareBucket = z.infer<typeof Bucket>;
const BucketPage = z.object({ buckets: z.array(Bucket) });

/** A bucket, and where it may be: every call has to say it again, or the bucket is not there. */
export interface BucketPlace {
  readonly name: string;
  readonly jurisdiction: string;
}

const PAGE_SIZE = 100;
const MULTIPART_DAYS = 7;

/**
 * R2 buckets of an account.
 * @see https://developers.cloudflare.com/api/resources/r2/subresources/buckets/
 */
export function createBuckets(client: CloudflareClient, accountId: string) {
  const base = `/accounts/${encodeURIComponent(accountId)}/r2/buckets`;
  const of = ({ name }: BucketPlace) => `${base}/${encodeURIComponent(name)}`;
  const where = (jurisdiction: string) => ({ "cf-r2-jurisdiction": jurisdiction });
  return {
    /** @throws CloudflareError 409/10073: it exists, 403/10042: the account has no R2 */
    async create({ name, jurisdiction }: BucketPlace, location: string | null): Promise<void> {
      await client.call({
        operation: "buckets.create",
        method: "POST",
        path: base,
        headers: where(jurisdiction),
        body: { name, ...(location && { locationHint: location }) },
        result: z.unknown(),
      });
    },

    async list(jurisdiction: string, part: string): Promise<CloudflareBucket[]> {
      const all: CloudflareBucket[] = [];
      for (let after: string | undefined; ; after = all.at(-1)!.name) {
        const { buckets } = await client.call({
          operation: "buckets.list",
          method: "GET",
          path: base,
          headers: where(jurisdiction),
          query: { name_contains: part, per_page: PAGE_SIZE, ...(after && { start_after: after }) },
          result: BucketPage,
        });
        all.push(...buckets);
        if (buckets.length < PAGE_SIZE) return all;
      }
    },

    /** Uploads that nobody finished go after a week. Replaces all rules. */
    async setLifecycle(place: BucketPlace): Promise<void> {
      const maxAge = MULTIPART_DAYS * 86_400;
      await client.call({
        operation: "buckets.lifecycle",
        method: "PUT",
        path: `${of(place)}/lifecycle`,
        headers: where(place.jurisdiction),
        body: {
          rules: [
            {
              id: "hotspot-unfinished-uploads",
              enabled: true,
              conditions: { prefix: "" },
              abortMultipartUploadsTransition: { condition: { type: "Age", maxAge } },
            },
          ],
        },
        result: z.unknown(),
      });
    },

    /** One that is gone is fine. @throws CloudflareError 409/10008: it is not empty */
    async remove(place: BucketPlace): Promise<void> {
      try {
        await client.call({
          operation: "buckets.delete",
          method: "DELETE",
          path: of(place),
          headers: where(place.jurisdiction),
          result: z.unknown(),
        });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}
