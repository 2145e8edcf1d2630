import * as z from "zod";
import type { CloudflareClient } from "./client.ts";
import { isGone } from "./errors.ts";

const DnsRecord = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  content: z.string(),
  comment: z.string().nullish(),
  created_on: z.string().nullish(),
});
export type DnsRecord = z.infer<typeof DnsRecord>;

export interface NewRecord {
  readonly type: "CNAME" | "TXT";
  /** With its zone, always: a bare label gets it appended, and so does a name of another zone. */
  readonly name: string;
  readonly content: string;
  readonly comment: string;
  /** By default proxied, ttl 1. */
  readonly ttl?: number;
}

/**
 * DNS records of a zone.
 * @see https://developers.cloudflare.com/api/resources/dns/subresources/records/
 */
export function createRecords(client: CloudflareClient, zoneId: string) {
  const base = `/zones/${encodeURIComponent(zoneId)}/dns_records`;
  const of = (id: string) => `${base}/${encodeURIComponent(id)}`;
  return {
    /** @throws CloudflareError 400/8105x: there is a record of that name */
    create: ({ ttl, ...record }: NewRecord): Promise<DnsRecord> =>
      client.call({
        operation: "records.create",
        method: "POST",
        path: base,
        // A name of a tunnel works proxied only, and then its time to live is Cloudflare's.
        body: { ...record, ...(ttl === undefined ? { proxied: true, ttl: 1 } : { ttl }) },
        result: DnsRecord,
      }),

    edit: (id: string, change: Partial<NewRecord>): Promise<DnsRecord> =>
      client.call({
        operation: "records.edit",
        method: "PATCH",
        path: of(id),
        body: change,
        result: DnsRecord,
      }),

    listByName: (name: string, type?: "TXT"): Promise<DnsRecord[]> =>
      client.call({
        operation: "records.list",
        method: "GET",
        path: base,
        query: { "name.exact": name, ...(type && { type }), per_page: 100 },
        result: z.array(DnsRecord),
      }),

    listByComment: (prefix: string): Promise<DnsRecord[]> =>
      client.list({
        operation: "records.list",
        path: base,
        query: { "comment.startswith": prefix },
        item: DnsRecord,
      }),

    /** One that is gone is fine. */
    async remove(id: string): Promise<void> {
      try {
        await client.call({
          operation: "records.delete",
          method: "DELETE",
          path: of(id),
          result: z.unknown(),
        });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}
