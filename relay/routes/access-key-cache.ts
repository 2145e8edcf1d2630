import { LRUCache } from "lru-cache";
import type { Route } from "../../server/endpoints/index.ts";
import { hashesEqual, hashSecret, secretPrefixes } from "../../server/secrets.ts";

/** Answers remembered, good and bad; one is about 300 bytes. */
const MAX_ANSWERS = 50_000;
/** That a secret opens nothing is believed this long, ms; it bounds the queries of somebody who guesses. */
const NEGATIVE_TTL_MS = 10_000;
/** After a failed query a known key goes on working this long before Postgres is asked again, ms. */
const RETRY_AFTER_MS = 1_000;

export type AccessKeyAnswer =
  | { readonly ok: true; readonly accessKeyId: string | null }
  | { readonly ok: false };

export interface AccessKeyCacheOptions {
  /** `findAccessKeyByHash` of server/access-keys. */
  find(query: {
    tenantId: string;
    endpointId: string;
    secretHash: string;
  }): Promise<{ accessKeyId: string; expiresAt: Date | null } | null>;
  /** Milliseconds since the epoch: keys expire by the calendar. */
  now(): number;
  onStale(error: unknown): void;
}

interface Entry {
  tenantId: string;
  answer: AccessKeyAnswer | undefined;
  freshUntil: number;
  expiresAt: number;
  generation: number;
  pending: Promise<AccessKeyAnswer> | null;
}

const refused: AccessKeyAnswer = { ok: false };
const endpointToken: AccessKeyAnswer = { ok: true, accessKeyId: null };

/** Which secrets open an endpoint: from memory when known, else from Postgres. Holds hashes, no secrets. */
export class AccessKeyCache {
  private readonly options: AccessKeyCacheOptions;
  private readonly entries = new LRUCache<string, Entry>({ max: MAX_ANSWERS });
  /** Entries of keys that expire, whether still remembered or not. */
  private readonly expiring = new Set<Entry>();
  private generation = 0;

  constructor(options: AccessKeyCacheOptions) {
    this.options = options;
  }

  /** Grows whenever an answer given before may be different now. */
  get version(): number {
    return this.generation;
  }

  /** Whether a secret opens this endpoint. Rejects only when Postgres fails and the secret was never asked for. */
  check(route: Route, secret: string): AccessKeyAnswer | Promise<AccessKeyAnswer> {
    const secretHash = hashSecret(secret);
    if (secret.startsWith(secretPrefixes.endpoint)) {
      return hashesEqual(secretHash, route.endpointTokenHash) ? endpointToken : refused;
    }
    const id = `${route.endpointId} ${secretHash}`;
    let entry = this.entries.get(id);
    if (entry === undefined) {
      entry = {
        tenantId: route.tenantId,
        answer: undefined,
        freshUntil: 0,
        expiresAt: Number.POSITIVE_INFINITY,
        generation: 0,
        pending: null,
      };
      this.entries.set(id, entry);
    }
    const now = this.options.now();
    if (entry.answer !== undefined && now < entry.freshUntil)
      return now < entry.expiresAt ? entry.answer : refused;
    entry.pending ??= this.load(entry, id, route, secretHash);
    return entry.pending;
  }

  /** A key of this tenant was made, changed or revoked. */
  invalidateTenant(tenantId: string): void {
    this.generation++;
    for (const entry of this.entries.values()) if (entry.tenantId === tenantId) expire(entry);
  }

  /** Notices may have been missed. */
  invalidateAll(): void {
    this.generation++;
    for (const entry of this.entries.values()) expire(entry);
  }

  /** Call every second: the version grows when a key has expired since the last call. */
  tick(): void {
    const now = this.options.now();
    for (const entry of this.expiring) {
      if (entry.expiresAt > now) continue;
      this.expiring.delete(entry);
      entry.answer = refused;
      this.generation++;
    }
  }

  private async load(entry: Entry, id: string, route: Route, secretHash: string): Promise<AccessKeyAnswer> {
    const { tenantId, endpointId } = route;
    try {
      for (;;) {
        const { generation } = entry;
        const key = await this.options.find({ tenantId, endpointId, secretHash });
        if (generation !== entry.generation) continue;
        entry.answer = key === null ? refused : { ok: true, accessKeyId: key.accessKeyId };
        entry.expiresAt = key?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
        if (entry.expiresAt === Number.POSITIVE_INFINITY) this.expiring.delete(entry);
        else this.expiring.add(entry);
        entry.freshUntil = key === null ? this.options.now() + NEGATIVE_TTL_MS : Number.POSITIVE_INFINITY;
        return entry.answer;
      }
    } catch (error) {
      if (entry.answer === undefined) {
        this.entries.delete(id);
        throw error;
      }
      this.options.onStale(error);
      entry.freshUntil = this.options.now() + RETRY_AFTER_MS;
      return entry.answer;
    } finally {
      entry.pending = null;
    }
  }
}

function expire(entry: Entry): void {
  entry.freshUntil = 0;
  entry.generation++;
}
