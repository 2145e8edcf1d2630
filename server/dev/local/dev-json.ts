import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DemoTenant } from "../demo/state.ts";
import { writePrivateJson } from "./private-json.ts";

/** `dev.json`: how scripts find a local run. There while it is up; holds secrets, so only the owner can read it. */
export interface DevJson {
  readonly portalUrl: string;
  readonly relayUrl: string;
  readonly baseDomain: string;
  readonly tenantUrl: string;
  /** Of the relay: /metrics, /healthz, /readyz. */
  readonly adminUrl: string;
  readonly portalAdminUrl: string;
  /** Null when mail is really sent. */
  readonly mailboxUrl: string | null;
  readonly databaseUrl: string;
  /** The stand-in of Stripe; null with a key of the real one. */
  readonly stripeUrl: string | null;
  readonly demo: DemoTenant;
  readonly internalSecret: string;
  readonly pids: {
    readonly portal: number;
    readonly relay: number;
    readonly connector: number;
    readonly stripe?: number;
  };
}

export const devJsonPath = (dataDir: string) => join(dataDir, "dev.json");

export const writeDevJson = (dataDir: string, content: DevJson) =>
  writePrivateJson(devJsonPath(dataDir), content);

export const removeDevJson = (dataDir: string) => rm(devJsonPath(dataDir), { force: true });
