import type { Db } from "../../../db/client.ts";
import type { TenantVault } from "../../vault/index.ts";
import type { HubSettings } from "../deps.ts";
import type { ManagedCloudflare } from "../managed-cloudflare.ts";
import type { Standing } from "./standing.ts";

/** What a step works with. It stores what it did through `db`, which is the connection that holds the hub's lock. */
export interface StepContext extends Standing {
  readonly db: Db;
  readonly cloudflare: ManagedCloudflare;
  readonly vault: TenantVault;
  readonly settings: HubSettings;
}

/** Does one thing at Cloudflare and writes down that it is done. May be cut off anywhere and done again. */
export type Step = (context: StepContext) => Promise<void>;
