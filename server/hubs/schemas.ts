import * as z from "zod";
import { bodyBoolean, timestamp } from "../schemas.ts";

/** The name a hub gives itself: printable ASCII without spaces, so that it is one thing in URLs, logs and bucket paths. */
export const hubIdInput = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/, "letters, digits, dots, hyphens and underscores, up to 120")
  .describe("The name that the installation gives itself; stable across re-installs")
  .meta({ example: "office-server" });

/** What a tunnel leads to on the hub's machine: scheme, host and port, no path. */
export const serviceUrlInput = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[A-Za-z0-9.[\]:-]+\/?$/, "like http://localhost:8080, without a path")
  .describe("What the tunnel leads to on the hub's machine")
  .meta({ example: "http://localhost:8080" });

const retentionDays = z.int().min(0).max(3650).pipe(z.int());
/** A moment as a hub tells it. */
const toldTimestamp = z.iso.datetime();
const count = z.int().min(0).pipe(z.int());

const subdomainInput = z.string().min(1).max(63).describe("Wished for; by default generated");

// The four routes of the service, spelled as their callers spell them.

export const EnrollInput = z.object({
  account_id: z.string().min(1).max(200).describe("`accountId` of the registration"),
  hub_id: hubIdInput,
  requested_subdomain: subdomainInput.nullish(),
});
export type EnrollInput = z.infer<typeof EnrollInput>;

export const EnrollOutput = z.object({
  tunnel_id: z.string(),
  tunnel_token: z.string(),
  hostname: z.string().meta({ example: "acme-1.example.com" }),
  r2_endpoint: z.string(),
  r2_bucket: z.string(),
  r2_access_key_id: z.string(),
  r2_secret_access_key: z.string(),
});
export type EnrollOutput = z.infer<typeof EnrollOutput>;

export const HubStatusInput = z.object({ hub_id: hubIdInput });
export type HubStatusInput = z.infer<typeof HubStatusInput>;

export const HubStatusOutput = z.object({
  enabled: z.boolean(),
  hostname: z.string().nullable(),
  tunnel_id: z.string().nullable(),
  r2_bucket: z.string().nullable(),
  last_health_check: timestamp.nullable(),
  errors: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type HubStatusOutput = z.infer<typeof HubStatusOutput>;

export const RotateKeysInput = z.object({ hub_id: hubIdInput });
export type RotateKeysInput = z.infer<typeof RotateKeysInput>;

export const RotateKeysOutput = z.object({
  r2_access_key_id: z.string(),
  r2_secret_access_key: z.string(),
});
export type RotateKeysOutput = z.infer<typeof RotateKeysOutput>;

export const DisableInput = z.object({
  hub_id: hubIdInput,
  delete_bucket: bodyBoolean.default(false).describe("Deletes the backups of this hub now"),
  retention_days: retentionDays.default(30).describe("Otherwise the bucket is kept so long"),
});
export type DisableInput = z.infer<typeof DisableInput>;

export const OkOutput = z.object({ ok: z.literal(true) });
export type OkOutput = z.infer<typeof OkOutput>;

// What the portal and the connector ask for beside them.

export const RegisterHubInput = z.object({
  hubId: hubIdInput,
  name: z.string().trim().min(1).max(100).optional().describe("For people; by default the hubId"),
  mode: z
    .enum(["managed", "self_hosted"])
    .default("managed")
    .describe("self_hosted: a Cloudflare account of your own; the hub only reports how it is"),
  serviceUrl: serviceUrlInput.optional(),
});
export type RegisterHubInput = z.infer<typeof RegisterHubInput>;

export const HubState = z
  .enum(["off", "provisioning", "on", "disabling"])
  .describe("What is wanted and under way; how well it works is `health`");
export type HubState = z.infer<typeof HubState>;
export const HubHealth = z.enum(["ready", "degraded", "error"]);
export type HubHealth = z.infer<typeof HubHealth>;

export const HubCheck = z.object({
  name: z.string().min(1).max(60).meta({ example: "tunnel" }),
  ok: bodyBoolean,
  message: z.string().max(500).nullable().describe("For a person; null when all is well"),
});
export type HubCheck = z.infer<typeof HubCheck>;

export const HubBackupReport = z.object({
  state: z.enum(["off", "idle", "running", "failed"]),
  progress: z.number().min(0).max(1).pipe(z.number()).nullable().describe("Of 1, while it runs"),
  lastAt: toldTimestamp.nullable(),
  nextAt: toldTimestamp.nullable(),
  bytes: count.nullable(),
  error: z.string().max(500).nullable(),
});
export type HubBackupReport = z.infer<typeof HubBackupReport>;

/** Steps of provisioning and disabling, in their order, as the portal shows them. */
export const provisionSteps = ["tunnel", "ingress", "dns", "bucket", "lifecycle", "key"] as const;
export const disableSteps = ["dns", "connections", "tunnel", "key", "bucket"] as const;

export const HubProgress = z.object({
  step: z.string(),
  title: z.string(),
  state: z.enum(["waiting", "running", "done", "failed"]),
  message: z.string().nullable().describe("Why it failed, in words; it is tried again by itself"),
  at: timestamp.nullable(),
});
export type HubProgress = z.infer<typeof HubProgress>;

/** What the banner says. */
export const HubBanner = z.object({
  tone: z.enum(["off", "working", "ready", "degraded", "error"]),
  title: z.string(),
  reason: z.string().nullable(),
  nextAction: z.string().nullable().describe("What its owner can do now"),
});
export type HubBanner = z.infer<typeof HubBanner>;

export const HubSummary = z.object({
  hubId: z.string(),
  name: z.string(),
  mode: z.enum(["managed", "self_hosted"]),
  state: HubState,
  health: HubHealth.nullable().describe("null: it has not reported yet"),
  banner: HubBanner,
  hostname: z.string().nullable(),
  url: z.string().nullable(),
  lastReportAt: timestamp.nullable(),
  createdAt: timestamp,
});
export type HubSummary = z.infer<typeof HubSummary>;

export const HubHostname = z.object({
  id: z.string(),
  host: z.string(),
  main: z.boolean(),
  serviceUrl: z.string(),
  ready: z.boolean().describe("Its DNS record stands"),
});
export type HubHostname = z.infer<typeof HubHostname>;

export const HubEvent = z.object({
  id: z.number(),
  at: timestamp,
  kind: z.enum(["step", "health", "backup", "key", "note"]),
  name: z.string(),
  outcome: z.enum(["started", "done", "failed"]),
  message: z.string().nullable(),
});
export type HubEvent = z.infer<typeof HubEvent>;

export const HubSnapshot = z.object({
  snapshotId: z.string().min(1).max(100),
  takenAt: toldTimestamp,
  paths: z.array(z.string().max(1_000)).max(100),
  files: count.nullable(),
  bytes: count.nullable(),
});
export type HubSnapshot = z.infer<typeof HubSnapshot>;

export const HubBucket = z.object({
  name: z.string(),
  state: z.enum(["wanted", "ready", "retained", "emptying"]),
  deleteAfter: timestamp.nullable().describe("When a retained bucket is deleted"),
  sharedWith: z.array(z.string()).describe("Other hubs of the account that use it"),
});
export type HubBucket = z.infer<typeof HubBucket>;

export const HubKey = z.object({
  accessKeyId: z.string(),
  state: z.enum(["current", "retiring"]),
  createdAt: timestamp,
  confirmedAt: timestamp.nullable().describe("When the hub said that it uses it"),
  revokeAfter: timestamp.nullable(),
});
export type HubKey = z.infer<typeof HubKey>;

export const HubDetail = HubSummary.extend({
  tokenHint: z.string().nullable(),
  serviceUrl: z.string(),
  version: z.string().nullable(),
  step: z.string().nullable(),
  progress: z.array(HubProgress).describe("Of what is under way; of the last time otherwise"),
  failure: z.string().nullable(),
  nextTryAt: timestamp.nullable(),
  checks: z.array(HubCheck).describe("What the hub looked at last"),
  lastHealthCheck: timestamp.nullable(),
  hostnames: z.array(HubHostname),
  bucket: HubBucket.nullable(),
  keys: z.array(HubKey),
  backup: HubBackupReport.nullable(),
  snapshots: z.array(HubSnapshot).describe("Newest first, up to 100"),
  events: z.array(HubEvent).describe("Newest first, up to 50"),
  hasBackupPassword: z.boolean(),
});
export type HubDetail = z.infer<typeof HubDetail>;

/** Whether Managed Cloudflare can be had, and for how much. */
export const HubOffer = z.object({
  availability: z
    .enum(["available", "plan", "operator"])
    .describe("plan: the plan has none. operator: whoever runs this installation has not set up Cloudflare"),
  message: z.string().nullable(),
  domain: z.string().nullable().describe("Host names are made under it"),
  limit: z.number().describe("Managed hubs that the plan allows"),
  used: z.number(),
  hostnameLimit: z.number().describe("Further host names per hub"),
  prices: z.array(
    z.object({
      meter: z.enum(["storage", "storage_writes", "storage_reads"]),
      included: z.number(),
      unit: z.string().meta({ example: "GB-month" }),
      /** Of `per` units above the included; null: nothing above it. */
      cents: z.number().nullable(),
      per: z.number(),
    }),
  ),
});
export type HubOffer = z.infer<typeof HubOffer>;

export const ListHubsOutput = z.object({ hubs: z.array(HubSummary), offer: HubOffer });
export type ListHubsOutput = z.infer<typeof ListHubsOutput>;

export const TroubledHubsOutput = z.object({
  hubs: z.array(
    z.object({
      hubId: z.string(),
      name: z.string(),
      tone: z.enum(["degraded", "error"]),
      title: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});
export type TroubledHubsOutput = z.infer<typeof TroubledHubsOutput>;

export const RegisterHubOutput = z.object({
  hub: HubSummary,
  accountId: z.string(),
  hubToken: z.string().describe("Shown once; an earlier one of this hub stops at once"),
});
export type RegisterHubOutput = z.infer<typeof RegisterHubOutput>;

export const HubInput = z.object({ hubId: hubIdInput });
export type HubInput = z.infer<typeof HubInput>;

export const EnableHubInput = HubInput.extend({
  requestedSubdomain: subdomainInput.optional(),
  serviceUrl: serviceUrlInput.optional(),
});
export type EnableHubInput = z.infer<typeof EnableHubInput>;

export const UpdateHubInput = HubInput.extend({
  name: z.string().trim().min(1).max(100).optional(),
  serviceUrl: serviceUrlInput.optional(),
});
export type UpdateHubInput = z.infer<typeof UpdateHubInput>;

export const DisableHubInput = HubInput.extend({
  deleteBucket: bodyBoolean.default(false),
  retentionDays: retentionDays.default(30),
  confirmBucket: z.string().max(100).optional().describe("The bucket's name; required with deleteBucket"),
});
export type DisableHubInput = z.infer<typeof DisableHubInput>;

export const AddHubHostnameInput = HubInput.extend({
  name: z.string().min(1).max(63).describe("Subdomain wished for"),
  serviceUrl: serviceUrlInput.optional().describe("By default the hub's"),
});
export type AddHubHostnameInput = z.infer<typeof AddHubHostnameInput>;

export const RemoveHubHostnameInput = HubInput.extend({ id: z.string().min(1).max(60) });
export type RemoveHubHostnameInput = z.infer<typeof RemoveHubHostnameInput>;

export const BackupPasswordOutput = z.object({ password: z.string() });
export type BackupPasswordOutput = z.infer<typeof BackupPasswordOutput>;

export const OwnBackupPasswordOutput = BackupPasswordOutput.extend({
  prefix: z.string().describe("Where in the bucket the hub keeps its backups, without a slash at the end"),
});
export type OwnBackupPasswordOutput = z.infer<typeof OwnBackupPasswordOutput>;

export const HubTokenOutput = z.object({
  hubToken: z.string().describe("Shown once; the earlier one stops at once"),
});
export type HubTokenOutput = z.infer<typeof HubTokenOutput>;

export const BucketUseInput = HubInput.extend({ days: z.coerce.number().int().min(1).max(400).default(90) });
export type BucketUseInput = z.infer<typeof BucketUseInput>;

export const BucketUseOutput = z.object({
  days: z.array(
    z.object({
      day: z.iso.date(),
      peakBytes: z.number(),
      objects: z.number(),
      writes: z.number().describe("Class A operations"),
      reads: z.number().describe("Class B operations"),
      carried: z.boolean().describe("Cloudflare had no sample that day: the size of the day before"),
    }),
  ),
});
export type BucketUseOutput = z.infer<typeof BucketUseOutput>;

// What only a hub says, with its token.

export const ReportHubInput = HubInput.extend({
  version: z.string().max(60),
  checks: z.array(HubCheck).max(30),
  /** Id of the key that it uses now: the new one is confirmed so, and the old one stops. */
  accessKeyId: z.string().max(200).nullable(),
  backup: HubBackupReport.nullable(),
  /** All that its repository holds; absent: nothing changed. */
  snapshots: z.array(HubSnapshot).max(1_000).optional(),
  /** Self-hosted: the name it serves. */
  hostname: z.string().max(253).optional(),
});
export type ReportHubInput = z.infer<typeof ReportHubInput>;

export const ReportHubOutput = z.object({
  state: HubState.describe("off or disabling: stop the tunnel and forget the secrets"),
  health: HubHealth,
  accessKeyId: z
    .string()
    .nullable()
    .describe("Another one than yours: call enroll for it, then report again"),
  hostname: z.string().nullable(),
  hostnames: z.array(z.object({ host: z.string(), serviceUrl: z.string() })),
  /** Seconds until the next report is expected. */
  reportAfterSeconds: z.number(),
  tunnelId: z.string().nullable().describe("Another one than yours: call enroll for its token"),
});
export type ReportHubOutput = z.infer<typeof ReportHubOutput>;
