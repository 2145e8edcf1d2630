import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { DnsStandIn } from "../dns.ts";
import { createApiServer } from "./api/server.ts";
import { type FaultAnswer, type FaultMatch, Faults } from "./core/faults.ts";
import { cloudflareLimits } from "./core/rate-limit.ts";
import { World } from "./core/world.ts";

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
}

/**
 * A Cloudflare to provision against, on 127.0.0.1: one account with one zone, its API, R2, the edge, and a cloudflared.
 * README.md beside this says how far it goes and what is assumed.
 */
export class CloudflareStandIn {
  readonly token = "cfat_stand-in-platform-token-of-the-account";
  /** Method and path of every call to the API. */
  readonly calls: string[] = [];
  readonly world: World;
  readonly #faults = new Faults();
  readonly #api: Server;

  private constructor(options: CloudflareStandInOptions) {
    this.world = new World({
      zone: options.zone,
      propagationMs: options.propagationMs ?? 0,
      limits: cloudflareLimits,
      state: null,
    });
    this.#api = createApiServer({
      world: this.world,
      token: this.token,
      faults: this.#faults,
      calls: this.calls,
      saved: async () => undefined,
    });
  }

  static async start(options: CloudflareStandInOptions): Promise<CloudflareStandIn> {
    const standIn = new CloudflareStandIn(options);
    standIn.#api.listen(options.port ?? 0, "127.0.0.1");
    await once(standIn.#api, "listening");
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
    return `http://127.0.0.1:${(this.#api.address() as AddressInfo).port}/client/v4`;
  }

  /** What a portal needs to provision here. */
  get env(): Record<string, string> {
    return {
      MANAGED_CF_API_TOKEN: this.token,
      MANAGED_CF_ACCOUNT_ID: this.accountId,
      MANAGED_CF_ZONE_ID: this.zoneId,
      MANAGED_CF_DOMAIN: this.zone,
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
    };
  }

  async stop(): Promise<void> {
    this.#api.closeAllConnections();
    this.#api.close();
    await once(this.#api, "close");
  }
}
