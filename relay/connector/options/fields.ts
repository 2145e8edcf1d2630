/** One setting, under its three names. */
export interface Field {
  /** In a file, and with `--` before it as a flag. */
  name: string;
  env: string;
  /** `endpoint`: each entry of `endpoints` in a file may have its own; `program`: one for the whole process. */
  scope: "endpoint" | "program";
}

/** Every setting that flag, environment and file share. */
export const fields = {
  licenseKey: { name: "license-key", env: "HOTSPOT_LICENSE_KEY", scope: "program" },
  slug: { name: "slug", env: "HOTSPOT_SLUG", scope: "endpoint" },
  to: { name: "to", env: "HOTSPOT_TO", scope: "endpoint" },
  portal: { name: "portal", env: "HOTSPOT_PORTAL", scope: "program" },
  relay: { name: "relay", env: "HOTSPOT_RELAY", scope: "program" },
  connections: { name: "connections", env: "HOTSPOT_CONNECTIONS", scope: "endpoint" },
  deviceId: { name: "device-id", env: "HOTSPOT_DEVICE_ID", scope: "program" },
  hostHeader: { name: "host-header", env: "HOTSPOT_HOST_HEADER", scope: "endpoint" },
  upstreamTimeout: { name: "upstream-timeout", env: "HOTSPOT_UPSTREAM_TIMEOUT", scope: "endpoint" },
  insecureUpstream: { name: "insecure-upstream", env: "HOTSPOT_INSECURE_UPSTREAM", scope: "endpoint" },
  proxy: { name: "proxy", env: "HOTSPOT_PROXY", scope: "program" },
  caFile: { name: "ca-file", env: "HOTSPOT_CA_FILE", scope: "program" },
  health: { name: "health", env: "HOTSPOT_HEALTH", scope: "endpoint" },
  healthSeconds: { name: "health-seconds", env: "HOTSPOT_HEALTH_SECONDS", scope: "endpoint" },
  wake: { name: "wake", env: "HOTSPOT_WAKE", scope: "endpoint" },
  wakeStop: { name: "wake-stop", env: "HOTSPOT_WAKE_STOP", scope: "endpoint" },
  wakeSeconds: { name: "wake-seconds", env: "HOTSPOT_WAKE_SECONDS", scope: "endpoint" },
  idleSeconds: { name: "idle-seconds", env: "HOTSPOT_IDLE_SECONDS", scope: "endpoint" },
  tcp: { name: "tcp", env: "HOTSPOT_TCP", scope: "endpoint" },
  proxyProtocol: { name: "proxy-protocol", env: "HOTSPOT_PROXY_PROTOCOL", scope: "endpoint" },
  claim: { name: "claim", env: "HOTSPOT_CLAIM", scope: "endpoint" },
  retry: { name: "retry", env: "HOTSPOT_RETRY", scope: "program" },
  logFormat: { name: "log-format", env: "HOTSPOT_LOG_FORMAT", scope: "program" },
  logFile: { name: "log-file", env: "HOTSPOT_LOG_FILE", scope: "program" },
  backupPaths: { name: "backup-paths", env: "HOTSPOT_BACKUP_PATHS", scope: "program" },
  backupExclude: { name: "backup-exclude", env: "HOTSPOT_BACKUP_EXCLUDE", scope: "program" },
  backupHours: { name: "backup-hours", env: "HOTSPOT_BACKUP_HOURS", scope: "program" },
  keepDaily: { name: "keep-daily", env: "HOTSPOT_KEEP_DAILY", scope: "program" },
  keepWeekly: { name: "keep-weekly", env: "HOTSPOT_KEEP_WEEKLY", scope: "program" },
  keepMonthly: { name: "keep-monthly", env: "HOTSPOT_KEEP_MONTHLY", scope: "program" },
  backupTool: { name: "backup-tool", env: "HOTSPOT_BACKUP_TOOL", scope: "program" },
  json: { name: "json", env: "HOTSPOT_JSON", scope: "program" },
} as const satisfies Record<string, Field>;
export type FieldKey = keyof typeof fields;

/** Settings that may be lists in a file; who reads them takes them as JSON. */
export const listKeys: readonly FieldKey[] = ["tcp", "backupPaths", "backupExclude"];

export const fieldKeys = Object.keys(fields) as FieldKey[];

export type Value = string | number | boolean;
/** Where a value came from; `project` is ./hotspot.yaml, `user` the file of the config directory. */
export type Origin = "flag" | "env" | "file" | "project" | "user";

export interface Setting {
  value: Value;
  origin: Origin;
  /** `file:line` of a value that stands in a file. */
  place?: string;
}
export type Settings = Partial<Record<FieldKey, Setting>>;

/** What files say, put together: settings for all, and one set more for each endpoint when `endpoints` is used. */
export interface FileSettings {
  common: Settings;
  endpoints: Settings[] | null;
}
