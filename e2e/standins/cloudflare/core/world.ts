import { randomBytes, randomUUID } from "node:crypto";
import { type Permission, permissions } from "./permissions.ts";
import { type ApiLimits, RateLimit } from "./rate-limit.ts";
import { type Bucket, emptyState, type State, type Token, type Tunnel } from "./state.ts";

/** One running cloudflared at the edge. */
export interface Connector {
  readonly id: string;
  readonly version: string;
  readonly arch: string;
  readonly runAt: string;
  readonly tunnelId: string;
  /** Of the config that it uses: -1 is its own. */
  configVersion: number;
  readonly connections: { id: string; coloName: string; openedAt: string; originIp: string }[];
  /** A new config of the account reaches it. */
  configure(): void;
  /** Its connections break; it may come back. */
  drop(): void;
}

export interface WorldOptions {
  readonly zone: string;
  readonly propagationMs: number;
  readonly limits: ApiLimits;
  readonly state: State | null;
}

/** One Cloudflare account with one zone: what it holds, who is connected, and who hears of changes. */
export class World {
  readonly accountId = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
  readonly zoneId = "0123456789abcdef0123456789abcdef";
  readonly zone: string;
  readonly state: State;
  readonly rate: RateLimit;
  /** What the platform token may do; a test takes away what it likes. */
  readonly granted = new Set<Permission>(Object.keys(permissions) as Permission[]);
  readonly connectors = new Set<Connector>();
  propagationMs: number;
  /** Off: every call to R2 is refused with 10042, as for an account that has not subscribed. */
  r2Subscribed = true;
  onChange: () => void = () => undefined;
  onRecordsChange: () => void = () => undefined;
  onBucketMade: (bucket: Bucket) => Promise<void> = async () => undefined;
  onBucketDeleted: (jurisdiction: string, name: string) => Promise<void> = async () => undefined;
  /** Objects and uploads in a bucket: one that holds any is not deleted. */
  countObjects: (jurisdiction: string, name: string) => Promise<number> = async () => 0;

  constructor(options: WorldOptions) {
    this.zone = options.zone;
    this.propagationMs = options.propagationMs;
    this.rate = new RateLimit(options.limits);
    this.state = options.state ?? emptyState();
  }

  usableAt(): number {
    return Date.now() + this.propagationMs;
  }

  liveTunnel(id: string): Tunnel | undefined {
    return this.state.tunnels.find((tunnel) => tunnel.id === id && tunnel.deletedAt === null);
  }

  connectorsOf(tunnelId: string): Connector[] {
    return [...this.connectors].filter((connector) => connector.tunnelId === tunnelId);
  }

  /** A minted token by its value, once it has got around. */
  tokenByValue(value: string): Token | undefined {
    return this.state.tokens.find((token) => token.value === value && isUsable(token));
  }

  tokenById(id: string): Token | undefined {
    return this.state.tokens.find((token) => token.id === id && isUsable(token));
  }
}

function isUsable(token: Token): boolean {
  const now = Date.now();
  return (
    token.status === "active" &&
    token.usableAt <= now &&
    (token.expiresOn === null || Date.parse(token.expiresOn) > now)
  );
}

export const newUuid = (): string => randomUUID();
/** 32 hex digits, as records, tokens and policies have. */
export const newHexId = (): string => randomBytes(16).toString("hex");
/** As Cloudflare writes moments: UTC, microseconds. */
export const timestamp = (at: Date = new Date()): string => at.toISOString().replace("Z", "000Z");
