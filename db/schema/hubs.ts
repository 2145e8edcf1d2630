import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** `wanted`: to be made. `retained`: no hub uses it, kept until `delete_after`. `emptying`: being deleted. */
export type HubBucketState = "wanted" | "ready" | "retained" | "emptying" | "deleted";

/** The backup bucket of a tenant. Its name is never used again: Cloudflare remembers where a name was. */
export interface HubBucketsTable {
  id: string;
  tenant_id: string;
  cf_account_id: string;
  /** Every call about the bucket must name it. */
  jurisdiction: Generated<string>;
  name: string;
  state: Generated<HubBucketState>;
  lifecycle_set_at: Date | null;
  /** When a retained bucket is emptied and deleted. */
  delete_after: Date | null;
  /** Why it is not in the state it should be, in words. */
  error: string | null;
  created_at: Generated<Date>;
  deleted_at: Date | null;
}

export type HubMode = "managed" | "self_hosted";
/** What is wanted and under way; how well it works is `health`. */
export type HubState = "off" | "provisioning" | "on" | "disabling";
export type HubHealth = "ready" | "degraded" | "error";

/** One thing that a hub looked at. */
export interface HubCheck {
  /** Such as `tunnel`, `dns`, `bucket`, or a precondition. */
  name: string;
  ok: boolean;
  /** For a person; null when all is well. */
  message: string | null;
}

/** How a hub's backups stand, as it reported last. */
export interface HubBackupReport {
  state: "off" | "idle" | "running" | "failed";
  /** Of 1, while it runs. */
  progress: number | null;
  lastAt: string | null;
  nextAt: string | null;
  /** Bytes of the files backed up last. */
  bytes: number | null;
  error: string | null;
}

/** An installation of a customer's that Managed Cloudflare can be switched on for. */
export interface HubsTable {
  id: string;
  tenant_id: string;
  /** The name that it gives itself; one of them per tenant. */
  hub_id: string;
  name: string;
  /** `self_hosted`: it uses a Cloudflare account of the customer's own and only reports. */
  mode: Generated<HubMode>;
  license_id: string;
  token_hash: string | null;
  token_hint: string | null;
  /** What its tunnel leads to on its machine, e.g. `http://localhost:8080`. */
  service_url: string;
  /** The subdomain it asked for. */
  requested_name: string | null;
  state: Generated<HubState>;
  /** Of provisioning or disabling: the step that comes next. */
  step: string | null;
  /** Why the last try of that step failed, in words. */
  failure: string | null;
  /** What kind of failure, for programs. */
  failure_code: string | null;
  failures: Generated<number>;
  /** When work on it goes on; null: there is none. */
  next_try_at: Date | null;
  bucket_id: string | null;
  cf_account_id: string | null;
  zone_id: string | null;
  /** Stored before the tunnel is made, so that it is found again. */
  tunnel_name: string | null;
  tunnel_id: string | null;
  sealed_tunnel_token: string | null;
  ingress_set_at: Date | null;
  /** Outlives a disabling, as the backups do. */
  sealed_backup_password: string | null;
  /** Asked for with the disabling that is under way. */
  delete_bucket: Generated<boolean>;
  retention_days: Generated<number>;
  enabled_at: Date | null;
  disabled_at: Date | null;
  version: string | null;
  last_report_at: Date | null;
  last_health_check: Date | null;
  health: HubHealth | null;
  health_reason: string | null;
  /** Self-hosted: the name that it says it serves. */
  reported_hostname: string | null;
  health_checks: JSONColumnType<HubCheck[], string | undefined, string>;
  backup: JSONColumnType<HubBackupReport | null, string | null, string | null>;
  created_at: Generated<Date>;
  removed_at: Date | null;
}

/** A public name of a hub: its main one, or one more for a workspace host. */
export interface HubHostnamesTable {
  id: string;
  tenant_id: string;
  hub_pk: string;
  host: string;
  is_main: Generated<boolean>;
  /** null: as the hub's. */
  service_url: string | null;
  zone_id: string;
  dns_record_id: string | null;
  /** False: its record is to be removed. */
  wanted: Generated<boolean>;
  created_at: Generated<Date>;
  removed_at: Date | null;
}

/** `wanted`: its token is being made. `retiring`: replaced, works until the hub confirms the new one or `revoke_after`. */
export type HubKeyState = "wanted" | "current" | "retiring" | "revoked";

/** A key of one hub for its tenant's bucket: an API token of Cloudflare's. */
export interface HubKeysTable {
  id: string;
  tenant_id: string;
  hub_pk: string;
  bucket_id: string;
  /** Stored before the token is made, so that one whose value was never seen is found and removed. */
  token_name: string;
  /** Somebody began to make the token: one of that name may exist whose value nobody has. */
  attempted_at: Date | null;
  /** Id of the token; what S3 calls the access key id. */
  access_key_id: string | null;
  sealed_secret: string | null;
  state: Generated<HubKeyState>;
  created_at: Generated<Date>;
  /** The hub said that it uses it. */
  confirmed_at: Date | null;
  revoke_after: Date | null;
  revoked_at: Date | null;
}

/** What happened to a hub: steps of provisioning, changes of health, backups, keys. */
export interface HubEventsTable {
  id: ColumnType<number, never, never>;
  tenant_id: string;
  hub_pk: string;
  at: Generated<Date>;
  kind: "step" | "health" | "backup" | "key" | "note";
  name: string;
  outcome: "started" | "done" | "failed";
  message: string | null;
}

/** The backups in a hub's repository, as it reported last. */
export interface HubSnapshotsTable {
  hub_pk: string;
  tenant_id: string;
  snapshot_id: string;
  taken_at: Date;
  paths: string[];
  files: number | null;
  bytes: number | null;
}

/** What a bucket held and was asked on a day of UTC. */
export interface HubBucketDaysTable {
  bucket_id: string;
  tenant_id: string;
  /** `YYYY-MM-DD` on its way in. */
  day: ColumnType<string, string, string>;
  peak_bytes: number;
  /** Its size at the day's last sample: what a day without samples takes over. null: as `peak_bytes`. */
  last_bytes: number | null;
  /** At the day's last sample. */
  objects: number;
  /** Operations that write or list. */
  class_a: number;
  /** Operations that read. */
  class_b: number;
  /** Cloudflare had no sample of its size that day: it is that of the day before. */
  carried: Generated<boolean>;
  /** When Cloudflare was asked for the sizes; null: it had none. */
  sampled_at: Date | null;
  /** When Cloudflare was asked last. */
  fetched_at: Generated<Date>;
}
