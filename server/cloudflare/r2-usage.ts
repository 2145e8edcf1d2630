import * as z from "zod";
import { classOf, isCharged } from "./r2-operations.ts";

/**
 * Asks Cloudflare's analytics.
 * @throws when no answer came, or one that says that something went wrong, with whatever status
 */
export type AskAnalytics = <T>(question: {
  /** For logs and errors. */
  readonly operation: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Of `data`. */
  readonly data: z.ZodType<T>;
}) => Promise<T>;

/** What a bucket held and was asked in a stretch of time. */
export interface R2Use {
  /** null: there is no sample of its size. */
  readonly size: R2Size | null;
  /** Operations that write or list. */
  readonly classA: number;
  /** Operations that read. */
  readonly classB: number;
  /** Names of operations that we do not know; they are not counted. */
  readonly unknownActions: readonly string[];
}

export interface R2Size {
  /** Objects and their metadata, at most. */
  readonly peakBytes: number;
  /** At the last sample. */
  readonly lastBytes: number;
  readonly objects: number;
}

/** More rows than this are cut off without a word. */
const ROW_LIMIT = 10_000;
/** So short a stretch with more rows than the limit is no bucket's, ms. */
const SHORTEST_MS = 60_000;
/** Cloudflare forgets what is older, days. */
export const RETENTION_DAYS = 31;

const QUERY = `
  query R2Use($account: string!, $bucket: string!, $from: Time!, $to: Time!) {
    viewer {
      accounts(filter: { accountTag: $account }) {
        r2StorageAdaptiveGroups(
          limit: ${ROW_LIMIT}
          filter: { bucketName: $bucket, datetime_geq: $from, datetime_lt: $to }
          orderBy: [datetime_ASC]
        ) {
          max { objectCount payloadSize metadataSize }
          dimensions { datetime }
        }
        r2OperationsAdaptiveGroups(
          limit: ${ROW_LIMIT}
          filter: { bucketName: $bucket, datetime_geq: $from, datetime_lt: $to }
        ) {
          sum { requests }
          dimensions { actionType actionStatus responseStatusCode }
        }
      }
    }
  }`;

const count = z.int().min(0);
const Data = z.object({
  viewer: z.object({
    accounts: z
      .array(
        z.object({
          r2StorageAdaptiveGroups: z.array(
            z.object({
              max: z.object({ objectCount: count, payloadSize: count, metadataSize: count }),
              dimensions: z.object({ datetime: z.string() }),
            }),
          ),
          r2OperationsAdaptiveGroups: z.array(
            z.object({
              sum: z.object({ requests: count }),
              dimensions: z.object({
                actionType: z.string(),
                actionStatus: z.string(),
                responseStatusCode: count,
              }),
            }),
          ),
        }),
      )
      // None: the token may not see the account, which is not the same as no use.
      .length(1),
  }),
});
type Rows = z.infer<typeof Data>["viewer"]["accounts"][number];

/**
 * Reads what a bucket held and was asked. Rows are samples and sums that Cloudflare may have estimated; a later question about
 * the same time may be answered better.
 *
 * @param from inclusive
 * @param to exclusive; both within the last {@link RETENTION_DAYS} days
 * @throws as {@link AskAnalytics}
 */
export async function readR2Use(
  ask: AskAnalytics,
  place: { readonly accountId: string; readonly jurisdiction: string; readonly bucket: string },
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<R2Use> {
  const { accountId, jurisdiction, bucket } = place;
  const data = await ask({
    operation: "r2.usage",
    query: QUERY,
    variables: {
      account: accountId,
      // So analytics tell buckets of one name apart.
      bucket: jurisdiction === "default" ? bucket : `${jurisdiction}_${bucket}`,
      from: from.toISOString(),
      to: to.toISOString(),
    },
    data: Data,
  });
  const rows = data.viewer.accounts[0]!;
  const isCut =
    rows.r2StorageAdaptiveGroups.length >= ROW_LIMIT || rows.r2OperationsAdaptiveGroups.length >= ROW_LIMIT;
  if (!isCut) return sumUp(rows);
  const length = to.getTime() - from.getTime();
  if (length <= SHORTEST_MS)
    throw new Error(`r2.usage: more than ${ROW_LIMIT} rows of one bucket in a minute`);
  const middle = new Date(from.getTime() + Math.floor(length / 2));
  const first = await readR2Use(ask, place, { from, to: middle });
  return join(first, await readR2Use(ask, place, { from: middle, to }));
}

function sumUp({ r2StorageAdaptiveGroups: samples, r2OperationsAdaptiveGroups: operations }: Rows): R2Use {
  const sizes = samples.map(({ max }) => max.payloadSize + max.metadataSize);
  const last = samples.at(-1);
  const size = last && {
    peakBytes: Math.max(...sizes),
    lastBytes: sizes.at(-1)!,
    objects: last.max.objectCount,
  };
  const counts = { a: 0, b: 0, free: 0 };
  const unknown = new Set<string>();
  for (const { sum, dimensions } of operations) {
    const operationClass = classOf(dimensions.actionType);
    if (operationClass === null) unknown.add(dimensions.actionType);
    else if (isCharged(dimensions)) counts[operationClass] += sum.requests;
  }
  return { size: size ?? null, classA: counts.a, classB: counts.b, unknownActions: [...unknown] };
}

/** Of two stretches, the second after the first. */
function join(first: R2Use, second: R2Use): R2Use {
  const peakBytes = Math.max(first.size?.peakBytes ?? 0, second.size?.peakBytes ?? 0);
  const last = second.size ?? first.size;
  return {
    size: last && { ...last, peakBytes },
    classA: first.classA + second.classA,
    classB: first.classB + second.classB,
    unknownActions: [...new Set([...first.unknownActions, ...second.unknownActions])],
  };
}
