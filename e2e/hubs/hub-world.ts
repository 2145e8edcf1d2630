import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { root, toolEnv } from "../fixtures/clone.ts";
import { ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { type PortalWorld, portalWorld } from "../portal/portal-world.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";
import { DnsStandIn } from "../standins/dns.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";

export const ZONE = "hubs.example.org";

export interface HubProcessOptions {
  runtime?: "bun" | "node";
  configDir: string;
  args: string[];
  env?: Record<string, string>;
  stdin?: string;
}

/** A portal with Managed Cloudflare on a stand-in of Cloudflare, a customer on a paid plan, and a program to be served. */
export interface HubWorld {
  readonly portal: PortalWorld;
  readonly cloudflare: CloudflareStandIn;
  readonly dns: DnsStandIn;
  readonly upstream: Upstream;
  readonly account: Account;
  readonly licenseKey: string;
  /** A config directory of its own. */
  configDir(): Promise<string>;
  /** `hotspot hub …` as the customer runs it; the license key goes by environment. */
  hub(options: HubProcessOptions): ManagedProcess;
  /** A request as a visitor sends it. */
  visit(hostname: string, path: string): Promise<{ status: number; body: string }>;
  /** What the portal says of a hub. */
  detail(hubId: string): Promise<HubDetail>;
}

export interface HubDetail {
  state: string;
  health: string | null;
  banner: { tone: string; title: string; reason: string | null; nextAction: string | null };
  hostname: string | null;
  checks: { name: string; ok: boolean; message: string | null }[];
  keys: { accessKeyId: string; state: string; confirmedAt: string | null }[];
}

/** Registers start and stop of a world with the calling test file. */
export async function hubWorld(): Promise<HubWorld> {
  const dns = await DnsStandIn.start();
  const cloudflare = await CloudflareStandIn.start({ zone: ZONE, dns });
  const portal = await portalWorld({
    relay: false,
    portalEnv: { ...cloudflare.env, SEALING_KEYS: `test:${randomBytes(32).toString("base64")}` },
  });
  const upstream = await startUpstream();
  const children: ManagedProcess[] = [];
  const dirs: string[] = [];
  const parts = {} as { account: Account; licenseKey: string };
  beforeAll(async () => {
    parts.account = await signUp(portal.portalUrl, portal.mailbox);
    await portal.db.updateTable("tenant_settings").set({ plan: "team" }).execute();
    await portal.db.updateTable("licenses").set({ plan: "team" }).execute();
    const issued = await parts.account.call("POST", "/api/license/key");
    parts.licenseKey = ((await issued.json()) as { licenseKey: string }).licenseKey;
  });
  afterAll(async () => {
    await stopAll(children);
    await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })));
    await Promise.all([upstream.stop(), cloudflare.stop()]);
    dns.stop();
  });
  return {
    ...{ portal, cloudflare, dns, upstream },
    get account() {
      return parts.account;
    },
    get licenseKey() {
      return parts.licenseKey;
    },
    async configDir() {
      const dir = await mkdtemp(join(tmpdir(), "hotspot-hub-"));
      dirs.push(dir);
      return dir;
    },
    hub({ runtime = "bun", configDir, args, env, stdin }) {
      const child = new ManagedProcess(
        `hub ${args[0]}`,
        runtime,
        ["relay/connector/main.ts", "hub", ...args],
        {
          cwd: root,
          ...(stdin !== undefined && { stdin }),
          env: {
            ...toolEnv(),
            HOTSPOT_CONFIG_DIR: configDir,
            HOTSPOT_PORTAL: portal.portalUrl,
            HOTSPOT_LICENSE_KEY: parts.licenseKey,
            HOTSPOT_CLOUDFLARED: cloudflare.cloudflaredPath,
            HOTSPOT_DNS_SERVERS: dns.server,
            HOTSPOT_HUB_REPORT_SECONDS: "1",
            CLOUDFLARE_API_BASE: cloudflare.apiBase,
            ...env,
          },
        },
      );
      children.push(child);
      return child;
    },
    visit: (hostname, path) => visit(cloudflare.edgeUrl, hostname, path),
    async detail(hubId) {
      const answer = await parts.account.call("GET", `/api/hubs/${hubId}`);
      if (!answer.ok) throw new Error(`GET /api/hubs/${hubId}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as HubDetail;
    },
  };
}

function visit(edgeUrl: string, hostname: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(`${edgeUrl}${path}`, { headers: { host: hostname }, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

/** Numbers of the processes whose command line has this text, other than this one's. */
export async function processesWith(part: string): Promise<number[]> {
  return (await commandLines()).filter(([, line]) => line.includes(part)).map(([pid]) => pid);
}

/** Command lines of all processes, by number. */
export async function commandLines(): Promise<[number, string][]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map(async (pid): Promise<[number, string][]> => {
      // It may end meanwhile.
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return line === "" ? [] : [[Number(pid), line.replaceAll("\0", " ")]];
    }),
  );
  return lines.flat();
}

/** Texts of all files below a folder, by path. */
export async function filesBelow(dir: string): Promise<[string, string][]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (path): Promise<[string, string]> => [path, await readFile(path, "utf8")]),
  );
}
