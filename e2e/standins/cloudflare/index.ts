import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DnsStandIn } from "../dns.ts";
import { createApiServer, type Moment } from "./api/server.ts";
import { writeExecutable } from "./cloudflared/executable.ts";
import { type FaultAnswer, type FaultMatch, Faults } from "./core/faults.ts";
import { cloudflareLimits } from "./core/rate-limit.ts";
import type { OperationRow, StorageRow } from "./core/state.ts";
import { StateFile } from "./core/state-file.ts";
import { World } from "./core/world.ts";
import { type Connectors, createConnectors } from "./edge/connectors.ts";
import { createEdge } from "./edge/edge.ts";
import { serveRecords } from "./edge/name-server.ts";
import { createR2, type R2 } from "./r2/r2.ts";
import { hourOf } from "./r2/usage.ts";

export interface CloudflareStandInOptions {
  /** Host names are made under it. */
  readonly zone: string;
  /** Answers for the records of the zone. */
  readonly dns?: DnsStandIn;
  /** Kept there: objects, and the account where it has to survive a kill. By default a temporary one. */
  readonly dataDir?: string;
  /** What was made is refused, or not seen, for so long. */
  readonly propagationMs?: number;
  /** Of the API; 0, or left out: any free one. */
  readonly port?: number;
  /** Of R2; likewise. */
  readonly r2Port?: number;
  readonly edgePort?: number;
}

/**
 * A Cloudflare to provision against, on 127.0.0.1: one account with one zone, its API, R2, the edge, and a cloudflared.
 * README.md beside this says how far it goes and what is assumed.
 */
export class CloudflareStandIn {
  readonly token = TOKEN;
  /** Method and path of every call to the API. */
  readonly calls: string[];
  readonly world: World;
  /** Hears of each call to the API as it comes and again when it is done: a place to kill who calls. */
  watch: ((call: string, moment: Moment) => void) | null = null;
  readonly #faults = new Faults();
  readonly #api: Server;
  readonly #r2: R2;
  readonly #edge: Server;
  readonly #connectors: Connectors;
  /** An executable that behaves as cloudflared does and connects here. */
  readonly cloudflaredPath: string;
  readonly #stopDns: () => void;
  readonly #discard: string | null;
  readonly #file: StateFile | null;

  private constructor(parts: {
    world: World;
    r2: R2;
    edge: Server;
    connectors: Connectors;
    cloudflaredPath: string;
    calls: string[];
    file: StateFile | null;
    discard: string | null;
    stopDns: () => void;
  }) {
    const { world, r2, calls, file, discard } = parts;
    this.world = world;
    this.calls = calls;
    this.#r2 = r2;
    this.#edge = parts.edge;
    this.#connectors = parts.connectors;
    this.cloudflaredPath = parts.cloudflaredPath;
    this.#stopDns = parts.stopDns;
    this.#file = file;
    this.#discard = discard;
    this.#api = createApiServer({
      world,
      token: TOKEN,
      faults: this.#faults,
      calls,
      watch: (call, moment) => this.watch?.(call, moment),
      list: () => this.list(),
      saved: async () => file?.saved(world.state),
    });
  }

  static async start(options: CloudflareStandInOptions): Promise<CloudflareStandIn> {
    const discard =
      options.dataDir === undefined ? await mkdtemp(join(tmpdir(), "hotspot-cloudflare-")) : null;
    const dataDir = options.dataDir ?? discard!;
    const file = discard === null ? new StateFile(join(dataDir, "account.json")) : null;
    const world = new World({
      zone: options.zone,
      propagationMs: options.propagationMs ?? 0,
      limits: cloudflareLimits,
      state: file?.load() ?? null,
    });
    world.onChange = () => file?.changed();
    const calls: string[] = [];
    const r2 = await createR2({ world, token: TOKEN, root: join(dataDir, "r2"), calls: [] });
    const connectors = createConnectors(world);
    const edge = createEdge(world, connectors);
    await Promise.all([
      listen(connectors.server, 0),
      listen(edge, options.edgePort ?? 0),
      listen(r2.server, options.r2Port ?? 0),
    ]);
    const cloudflaredPath = await writeExecutable(
      join(dataDir, "bin"),
      addressOf(connectors.server).replace("http://", ""),
    );
    const stopDns = options.dns ? serveRecords(world, options.dns) : () => undefined;
    const parts = { world, r2, edge, connectors, cloudflaredPath, calls, file, discard, stopDns };
    const standIn = new CloudflareStandIn(parts);
    await listen(standIn.#api, options.port ?? 0);
    return standIn;
  }

  get accountId(): string {
    return this.world.accountId;
  }

  get zoneId(): string {
    return this.world.zoneId;
  }

  get zone(): string {
    return this.world.zone;
  }

  get apiBase(): string {
    return `${addressOf(this.#api)}/client/v4`;
  }

  /** S3, path style, region `auto`; for buckets of every jurisdiction. */
  get r2Endpoint(): string {
    return addressOf(this.#r2.server);
  }

  /** The public side, plain HTTP: the Host header decides. */
  get edgeUrl(): string {
    return addressOf(this.#edge);
  }

  /** What a portal needs to provision here. */
  get env(): Record<string, string> {
    return {
      MANAGED_CF_API_TOKEN: this.token,
      MANAGED_CF_ACCOUNT_ID: this.accountId,
      MANAGED_CF_ZONE_ID: this.zoneId,
      MANAGED_CF_DOMAIN: this.zone,
      MANAGED_CF_R2_ENDPOINT: this.r2Endpoint,
      CLOUDFLARE_API_BASE: this.apiBase,
    };
  }

  /** The next calls that match are answered so, `times` of them. */
  fail(match: FaultMatch, answer: FaultAnswer, times = 1): void {
    this.#faults.add(match, answer, times);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** All that it holds and that is not deleted. */
  list() {
    const { tunnels, records, buckets, tokens } = this.world.state;
    return {
      tunnels: tunnels.filter(({ deletedAt }) => deletedAt === null),
      connections: [...this.world.connectors].map(({ id, tunnelId, connections }) => ({
        connectorId: id,
        tunnelId,
        count: connections.length,
      })),
      records: [...records],
      buckets: [...buckets],
      tokens: [...tokens],
      objects: this.#r2.objects(),
    };
  }

  /** Uploads in parts that were neither completed nor given up. */
  uploads() {
    return this.#r2.uploads();
  }

  /** Deletes what the buckets' lifecycle rules say is due. */
  async runLifecycle(now?: Date): Promise<void> {
    await this.#r2.runLifecycle(now);
  }

  /** Rows for the analytics beside those that come of what R2 holds and was asked. */
  addUsage(
    bucketName: string,
    rows: { storage?: Partial<StorageRow>[]; operations?: Partial<OperationRow>[] },
  ): void {
    const hour = hourOf(new Date());
    const { storage, operations } = this.world.state;
    for (const row of rows.storage ?? [])
      storage.push({
        hour,
        objectCount: 0,
        uploadCount: 0,
        payloadSize: 0,
        metadataSize: 0,
        ...row,
        bucketName,
      });
    for (const row of rows.operations ?? [])
      operations.push({
        hour,
        actionType: "PutObject",
        actionStatus: "success",
        responseStatusCode: 200,
        requests: 1,
        ...row,
        bucketName,
      });
    this.world.onChange();
  }

  async stop(): Promise<void> {
    this.#stopDns();
    this.#connectors.stop();
    await Promise.all([close(this.#api), close(this.#r2.server), close(this.#edge)]);
    await this.#file?.saved(this.world.state);
    if (this.#discard !== null) await rm(this.#discard, { recursive: true, force: true });
  }
}

const TOKEN = "cfat_stand-in-platform-token-of-the-account";

async function listen(server: NetServer, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

function addressOf(server: NetServer): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
