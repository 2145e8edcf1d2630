import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Db } from "../../db/client.ts";
import { createTenant } from "../../db/testing/factories.ts";
import { freePort } from "../fixtures/free-port.ts";
import { type ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { type Portal, startPortal } from "../fixtures/portal-process.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";
import { type CrashHub, registerHub } from "./crash-hub.ts";

/** Where and when the portal dies: at the n-th call to Cloudflare, before or after that is carried out, or a moment later. */
export interface KillPoint {
  readonly call: number;
  readonly moment: "arrived" | "done" | "answered";
  /** For `answered`: ms after the call was done, so that the answer is or is not written down yet. */
  readonly laterMs: number;
}

/** A real portal on a real Postgres against the stand-in of Cloudflare; two hubs of one tenant, one of another. */
export interface CrashWorld {
  readonly db: Db;
  readonly cloudflare: CloudflareStandIn;
  readonly hubs: readonly [CrashHub, CrashHub, CrashHub];
  /** The portal dies there, once; a successor starts at once. @returns what it died of, when `done` is called */
  arm(point: KillPoint): { done(): Promise<string | null> };
  stop(): Promise<void>;
}

export async function startCrashWorld(options: {
  db: Db;
  databaseUrl: string;
  buildDir: string;
  dataDir: string;
}): Promise<CrashWorld> {
  const { db } = options;
  const cloudflare = await CloudflareStandIn.start({ zone: "hubs.example.org" });
  // Many orders in a row are more than an account may call in five minutes, and that is not what is tried here.
  cloudflare.world.rate.limits = { calls: 1_000_000, windowMs: 300_000 };
  const port = await freePort();
  const secret = () => randomBytes(24).toString("hex");
  const secrets = { authSecret: secret(), internalSecret: secret(), signingSecret: secret() };
  const env = {
    ...cloudflare.env,
    SEALING_KEYS: `trial:${randomBytes(32).toString("base64")}`,
    LOG_LEVEL: "warn",
    // The portal starts often here.
    NODE_COMPILE_CACHE: join(options.dataDir, "compiled"),
  };
  const launch = () => startPortal({ ...options, ...secrets, port, relayPort: 1, env });
  const gone: ManagedProcess[] = [];
  let portal: Portal = await launch();
  const die = async () => {
    gone.push(portal.process);
    portal.process.kill("SIGKILL");
    await portal.process.exited;
  };
  const tenants = await Promise.all([createTenant(db, { plan: "team" }), createTenant(db, { plan: "team" })]);
  const make = (tenant: (typeof tenants)[number], hubId: string) =>
    registerHub({ portalUrl: portal.url, tenant, hubId, cloudflare });
  const hubs = [
    await make(tenants[0], "one"),
    await make(tenants[0], "two"),
    await make(tenants[1], "other"),
  ] as const;

  return {
    db,
    cloudflare,
    hubs: [...hubs],
    arm(point) {
      let left = point.call;
      let successor: Promise<string> | null = null;
      const kill = async (at: string) => {
        cloudflare.watch = null;
        await die();
        portal = await launch();
        return at;
      };
      cloudflare.watch = (call, moment) => {
        if (successor !== null || moment !== (point.moment === "arrived" ? "arrived" : "done")) return;
        left -= 1;
        if (left > 0) return;
        const at = `${point.moment} ${call.replace(/[0-9a-f-]{32,36}|hotspot-[0-9a-f]+/g, "…")}`;
        if (point.moment !== "answered") successor = kill(at);
        else {
          successor = new Promise((resolve, reject) => {
            setTimeout(() => kill(at).then(resolve, reject), point.laterMs);
          });
        }
      };
      return {
        async done() {
          cloudflare.watch = null;
          return successor;
        },
      };
    },
    async stop() {
      await stopAll([...gone, portal.process]);
      await cloudflare.stop();
    },
  };
}
