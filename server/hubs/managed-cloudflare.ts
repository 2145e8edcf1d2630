import {
  type Brake,
  type CallOutcome,
  type CloudflareClient,
  checkToken,
  createAnalytics,
  createBuckets,
  createBucketTokens,
  createCloudflareClient,
  createObjectStore,
  createRecords,
  createTunnels,
  type ObjectStore,
  type R2Use,
  readR2Use,
  s3KeyOf,
  type TokenCheck,
} from "../cloudflare/index.ts";
import type { ManagedCloudflareEnv } from "../env-managed-cloudflare.ts";

export type ManagedCloudflareSettings = Omit<Extract<ManagedCloudflareEnv, { kind: "on" }>, "kind">;

/** The operator's Cloudflare account, as hubs use it. Its token stays in here. */
export interface ManagedCloudflare
  extends Omit<ManagedCloudflareSettings, "token" | "apiBase" | "r2Endpoint"> {
  readonly client: CloudflareClient;
  readonly tunnels: ReturnType<typeof createTunnels>;
  readonly records: ReturnType<typeof createRecords>;
  readonly buckets: ReturnType<typeof createBuckets>;
  readonly tokens: ReturnType<typeof createBucketTokens>;
  /** What buckets held and were asked. @throws as `AskAnalytics` */
  readUse(
    place: { readonly bucket: string; readonly jurisdiction: string; readonly accountId: string },
    span: { readonly from: Date; readonly to: Date },
  ): Promise<R2Use>;
  /** Origin of the S3 API that knows this bucket: a jurisdiction has one of its own. */
  endpointOf(bucket: StoredBucket): string;
  /** R2 with the key of one bucket; to be closed. */
  openStore(bucket: StoredBucket, key: { accessKeyId: string; secretAccessKey: string }): ObjectStore;
  /** R2 with the operator's own rights; to be closed. @throws CloudflareError */
  openOwnStore(bucket: StoredBucket): Promise<ObjectStore>;
  /** Looks at the token and its permissions now. */
  check(): Promise<TokenCheck>;
  /** Why nothing can be made, as the last look showed, for people; null: all is well, as far as known. */
  problem(): string | null;
}

/** A bucket, as far as it says where it is. */
interface StoredBucket {
  readonly cf_account_id: string;
  readonly jurisdiction: string;
}

/** Where Cloudflare has the S3 API of a bucket. @see https://developers.cloudflare.com/r2/reference/data-location/ */
export function r2EndpointOf({ cf_account_id, jurisdiction }: StoredBucket): string {
  const place = jurisdiction === "default" ? "" : `.${jurisdiction}`;
  return `https://${cf_account_id}${place}.r2.cloudflarestorage.com`;
}

/** @param options.endpointOf replaced in tests */
export function createManagedCloudflare(
  settings: ManagedCloudflareSettings,
  options: {
    brake?: Brake;
    onCall?: (operation: string, outcome: CallOutcome) => void;
    timeoutMs?: number;
    pauseMs?: number;
    endpointOf?: (bucket: StoredBucket) => string;
  } = {},
): ManagedCloudflare {
  const { token, apiBase, r2Endpoint, ...rest } = settings;
  const { accountId, zoneId, domain } = settings;
  const endpointOf = options.endpointOf ?? ((bucket) => r2Endpoint ?? r2EndpointOf(bucket));
  const client = createCloudflareClient({ token, apiBase, ...options });
  const tokens = createBucketTokens(client, accountId);
  const ask = createAnalytics({ token, apiBase, ...options, brake: client.brake });
  let last: TokenCheck | null = null;

  const check = async () => {
    const found = await checkToken(client, { accountId, zoneId, domain, tokens, ask });
    // A Cloudflare that does not answer says nothing about permissions.
    if (!found.unknown || last === null) last = found;
    return found;
  };
  return {
    ...rest,
    client,
    tokens,
    tunnels: createTunnels(client, accountId),
    records: createRecords(client, zoneId),
    buckets: createBuckets(client, accountId),
    readUse: (place, span) => readR2Use(ask, place, span),
    endpointOf,
    openStore: (bucket, key) => createObjectStore({ endpoint: endpointOf(bucket), ...key }),
    async openOwnStore(bucket) {
      const id = last?.tokenId ?? (await check()).tokenId;
      if (id === null) throw new Error("the operator's Cloudflare token is not valid");
      return createObjectStore({ endpoint: endpointOf(bucket), ...s3KeyOf({ id, value: token }) });
    },
    check,
    problem() {
      if (last === null || last.unknown || last.problems.length === 0) return null;
      return `Managed Cloudflare is not ready here; its operator has to act: ${last.problems.join("; ")}`;
    },
  };
}
