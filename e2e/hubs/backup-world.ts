import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { root, toolEnv } from "../fixtures/clone.ts";
import { ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";
import { type BucketKey, makeBucket, makeKey } from "../standins/cloudflare/testing/bucket.ts";
import { type HoldingForwarder, startHoldingForwarder } from "./holding-forwarder.ts";

export const BUCKET = "hotspot-backups";
const PASSWORD = "password-of-this-hub-0123456789";
const MB = 1_000_000;
/** Well formed: cloudflared goes on asking whether it is known by now. */
const OF_NO_TUNNEL = Buffer.from(
  JSON.stringify({ a: "account", t: "2d1f6d0e-0000-4000-8000-000000000000", s: "c2VjcmV0" }),
).toString("base64");

/** What a hub's settings file is made of. */
export interface HubFile {
  /** Name of the hub and its part of the bucket; by default `hub`. */
  hubId?: string;
  key?: BucketKey;
  password?: string;
  /** By default the forwarder. */
  endpoint?: string;
}

/** What a command of the connector has said and how it has ended. */
export interface Ended {
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
}

/** Hubs with a bucket, a folder to back up, and the connector's commands as real processes. */
export class BackupWorld {
  readonly standIn: CloudflareStandIn;
  readonly forwarder: HoldingForwarder;
  readonly dir: string;
  key: BucketKey;
  readonly #processes: ManagedProcess[] = [];

  private constructor(standIn: CloudflareStandIn, forwarder: HoldingForwarder, dir: string, key: BucketKey) {
    this.standIn = standIn;
    this.forwarder = forwarder;
    this.dir = dir;
    this.key = key;
  }

  static async start(options: { uploadBytesPerSecond?: number } = {}): Promise<BackupWorld> {
    const dir = await mkdtemp(join(tmpdir(), "hotspot-backups-"));
    const standIn = await CloudflareStandIn.start({ zone: "example.org", dataDir: join(dir, "cloudflare") });
    const port = Number(new URL(standIn.r2Endpoint).port);
    const forwarder = await startHoldingForwarder(() => port, options.uploadBytesPerSecond ?? null);
    const world = new BackupWorld(standIn, forwarder, dir, await makeBucket(standIn, BUCKET));
    for (const folder of ["config/hubs", "tmp", "source/deep/er"]) {
      await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
    }
    return world;
  }

  get source(): string {
    return join(this.dir, "source");
  }

  /** Random files of so many bytes in all, an empty one, one with an odd name, and what is to be left out. */
  async fill(bytes: number): Promise<void> {
    const part = 8 * MB;
    for (let at = 0; at * part < bytes; at++) {
      await writeFile(join(this.source, `part-${at}.bin`), randomBytes(Math.min(part, bytes - at * part)));
    }
    await writeFile(join(this.source, "empty"), "");
    await writeFile(join(this.source, "deep", "er", "ä [1] *.txt"), "small");
    await writeFile(join(this.source, "left-out.tmp"), randomBytes(1_000));
  }

  /** Writes a hub's settings file as the connector keeps it. */
  async writeHub({
    hubId = "hub",
    key = this.key,
    password = PASSWORD,
    endpoint,
  }: HubFile = {}): Promise<void> {
    const settings = {
      portalUrl: "http://127.0.0.1:1",
      accountId: "tenant",
      hubId,
      hubToken: "hs_hub_of_this_test",
      serviceUrl: "http://127.0.0.1:8080",
      enabled: true,
      hostname: "hub.example.org",
      tunnelId: null,
      tunnelToken: OF_NO_TUNNEL,
      bucket: {
        endpoint: endpoint ?? `http://127.0.0.1:${this.forwarder.port}`,
        name: BUCKET,
        prefix: `hubs/${hubId}`,
        accessKeyId: key.accessKeyId,
        secretAccessKey: key.secretAccessKey,
      },
      backupPassword: password,
      backup: null,
      note: null,
    };
    await writeFile(join(this.dir, "config", "hubs", `${hubId}.json`), JSON.stringify(settings), {
      mode: 0o600,
    });
  }

  newKey(): Promise<BucketKey> {
    return makeKey(this.standIn, BUCKET);
  }

  /** Starts `hotspot hub …`. */
  spawn(args: string[], env: Record<string, string> = {}, runtime: "bun" | "node" = "bun"): ManagedProcess {
    const program = join(root, "node_modules", ".bin", runtime);
    const child = new ManagedProcess("hub", program, ["relay/connector/main.ts", "hub", ...args], {
      cwd: root,
      env: {
        ...toolEnv(),
        HOTSPOT_CONFIG_DIR: join(this.dir, "config"),
        XDG_CACHE_HOME: join(this.dir, "cache"),
        TMPDIR: join(this.dir, "tmp"),
        ...env,
      },
    });
    this.#processes.push(child);
    return child;
  }

  async run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
    return ended(this.spawn(args, env));
  }

  /** Keys of the bucket's objects of one kind (`keys`, `locks`, `data` …) of a hub. */
  objects(kind: string, hubId = "hub"): { key: string; size: number }[] {
    const prefix = `hubs/${hubId}/restic/${kind}`;
    return this.standIn.list().objects.filter(({ key }) => key.startsWith(prefix));
  }

  async stop(): Promise<void> {
    this.forwarder.release();
    await stopAll(this.#processes);
    await this.forwarder.stop();
    await this.standIn.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function ended(child: ManagedProcess): Promise<Ended> {
  const code = await child.exited;
  return { code, stdout: child.stdout.join("\n"), stderr: child.stderr.join("\n") };
}

/** SHA-256 of every file below a folder, by its path there. */
export async function hashesBelow(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    hashes[relative(folder, path)] = hash.digest("hex");
  }
  return hashes;
}

/** Command lines of a process's children, as anybody on the machine can read them. Linux. */
export async function childrenOf(pid: number): Promise<{ pid: number; commandLine: string }[]> {
  const pids = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"))
    .trim()
    .split(" ")
    .filter(Boolean);
  return Promise.all(
    pids.map(async (child) => ({
      pid: Number(child),
      commandLine: (await readFile(`/proc/${child}/cmdline`, "utf8")).replaceAll("\0", " "),
    })),
  );
}
