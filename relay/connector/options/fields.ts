/** One setting, under its three names. */
export interface Field {
  /** In a file, and with `--` before it as a flag. */
  name: string;
  env: string;
  kind: "text" | "number" | "switch";
}

/** Every setting that flag, environment and file share. */
export const fields = {
  licenseKey: { name: "license-key", env: "HOTSPOT_LICENSE_KEY", kind: "text" },
  slug: { name: "slug", env: "HOTSPOT_SLUG", kind: "text" },
  to: { name: "to", env: "HOTSPOT_TO", kind: "text" },
  portal: { name: "portal", env: "HOTSPOT_PORTAL", kind: "text" },
  relay: { name: "relay", env: "HOTSPOT_RELAY", kind: "text" },
  connections: { name: "connections", env: "HOTSPOT_CONNECTIONS", kind: "number" },
  deviceId: { name: "device-id", env: "HOTSPOT_DEVICE_ID", kind: "text" },
  hostHeader: { name: "host-header", env: "HOTSPOT_HOST_HEADER", kind: "text" },
  upstreamTimeout: { name: "upstream-timeout", env: "HOTSPOT_UPSTREAM_TIMEOUT", kind: "number" },
  insecureUpstream: { name: "insecure-upstream", env: "HOTSPOT_INSECURE_UPSTREAM", kind: "switch" },
  claim: { name: "claim", env: "HOTSPOT_CLAIM", kind: "switch" },
  retry: { name: "retry", env: "HOTSPOT_RETRY", kind: "switch" },
  json: { name: "json", env: "HOTSPOT_JSON", kind: "switch" },
} as const satisfies Record<string, Field>;
export type FieldKey = keyof typeof fields;

export const fieldKeys = Object.keys(fields) as FieldKey[];

export type Value = string | number | boolean;
/** Where a value came from; `project` is ./hotspot.yaml, `user` the file of the config directory. */
export type Origin = "flag" | "env" | "file" | "project" | "user";

export interface Setting {
  value: Value;
  origin: Origin;
}
export type Settings = Partial<Record<FieldKey, Setting>>;
