/** What the stand-in holds of one account and one zone; plain data, so that it can be kept in a file. */
export interface State {
  tunnels: Tunnel[];
  records: DnsRecord[];
  buckets: Bucket[];
  tokens: Token[];
  /** Names of buckets that were ever used: the location of the first time sticks. */
  locations: Record<string, string>;
  /** Operations that R2 was asked for, one row per bucket, UTC hour, action and outcome. */
  operations: OperationRow[];
  /** What buckets held at most, one row per bucket and UTC hour. */
  storage: StorageRow[];
}

export interface Tunnel {
  id: string;
  name: string;
  configSrc: "cloudflare" | "local";
  /** Base64 of at least 32 bytes. */
  secret: string;
  createdAt: string;
  deletedAt: string | null;
  /** It cannot be run before; milliseconds since 1970. */
  usableAt: number;
  config: TunnelConfig | null;
  configVersion: number;
  activeAt: string | null;
  inactiveAt: string | null;
  /** Has private routes: refuses to be deleted with 1023. */
  routes: boolean;
}

export interface TunnelConfig {
  ingress?: IngressRule[];
  originRequest?: Record<string, unknown>;
  "warp-routing"?: { enabled?: boolean };
}

export interface IngressRule {
  hostname?: string;
  path?: string;
  service: string;
  originRequest?: Record<string, unknown>;
}

export interface DnsRecord {
  id: string;
  type: string;
  name: string;
  content: string;
  proxied: boolean;
  ttl: number;
  comment: string | null;
  tags: string[];
  created_on: string;
  modified_on: string;
  /** Neither the edge nor the name server knows it before; milliseconds since 1970. */
  usableAt: number;
}

export interface Bucket {
  name: string;
  jurisdiction: string;
  location: string;
  storageClass: string;
  createdAt: string;
  lifecycle: LifecycleRule[];
}

export interface LifecycleRule {
  id: string;
  enabled: boolean;
  conditions: { prefix?: string };
  deleteObjectsTransition?: { condition: LifecycleCondition };
  abortMultipartUploadsTransition?: { condition: LifecycleCondition };
  storageClassTransitions?: unknown[];
}

/** `maxAge` in seconds. */
export type LifecycleCondition = { type: "Age"; maxAge: number } | { type: "Date"; date: string };

export interface Token {
  /** Also the access key id for S3. */
  id: string;
  name: string;
  value: string;
  status: "active" | "disabled";
  policies: TokenPolicy[];
  issuedOn: string;
  expiresOn: string | null;
  condition: unknown;
  /** Refused before; milliseconds since 1970. */
  usableAt: number;
}

export interface TokenPolicy {
  id: string;
  effect: "allow" | "deny";
  resources: Record<string, string>;
  permission_groups: { id: string; name?: string }[];
}

export interface OperationRow {
  bucketName: string;
  hour: string;
  actionType: string;
  actionStatus: "success" | "userError" | "internalError";
  responseStatusCode: number;
  requests: number;
}

export interface StorageRow {
  bucketName: string;
  hour: string;
  objectCount: number;
  uploadCount: number;
  payloadSize: number;
  metadataSize: number;
}

export function emptyState(): State {
  return { tunnels: [], records: [], buckets: [], tokens: [], locations: {}, operations: [], storage: [] };
}
