import { LRUCache } from "lru-cache";

/** Custom domains remembered; only those that are held are asked for. */
const MAX_HOSTS = 2_000;
/** A notice tells of a new challenge; this bounds a missed one, ms. */
const TTL_MS = 1_000;

export interface ChallengeCacheOptions {
  /** `findChallenges` of server/certificates. */
  find(host: string): Promise<ReadonlyMap<string, string>>;
  onError(host: string, error: unknown): void;
}

const none: ReadonlyMap<string, string> = new Map();

/** What custom domains answer to a CA that checks them. */
export class ChallengeCache {
  private readonly options: ChallengeCacheOptions;
  private readonly known = new LRUCache<string, Promise<ReadonlyMap<string, string>>>({
    max: MAX_HOSTS,
    ttl: TTL_MS,
  });

  constructor(options: ChallengeCacheOptions) {
    this.options = options;
  }

  /** By token. Never rejects: who cannot be asked has none, and the request goes on to the upstream. */
  lookup(host: string): Promise<ReadonlyMap<string, string>> {
    const known = this.known.get(host);
    if (known !== undefined) return known;
    const asked = this.options.find(host).catch((error: unknown) => {
      this.options.onError(host, error);
      return none;
    });
    this.known.set(host, asked);
    return asked;
  }

  invalidateAll(): void {
    this.known.clear();
  }
}
