/** The operator's Cloudflare account, as hubs use it. */
export interface ManagedCloudflare {
  readonly accountId: string;
  readonly zoneId: string;
  /** Host names are made one label under it. */
  readonly domain: string;
  readonly jurisdiction: string;
  /** null: Cloudflare decides. */
  readonly location: string | null;
  /** Origin of R2's S3 API. */
  readonly r2Endpoint: string;
  /** Why nothing can be made at the moment, for people; null: all is well, as far as known. */
  problem(): string | null;
}
