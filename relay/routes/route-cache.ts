import type { Route } from "../../server/endpoints/index.ts";
import { LookUpCache } from "./look-up-cache.ts";

/** Slugs remembered; one is about 1 KB. */
const MAX_SLUGS = 20_000;
/** Host names remembered, most of them of nobody; one is about 200 bytes. */
const MAX_HOSTS = 50_000;
const NEGATIVE_TTL_MS = 5_000;
/** Strange host names asked for at once: a flood of them must leave Postgres to the others. */
const MAX_HOST_LOOKUPS = 32;

export interface RouteCacheOptions {
  /** `findRoute` of server/endpoints. */
  find(slug: string): Promise<Route | null>;
  /** `findSlugOfHost` of server/domains. */
  findHost(host: string): Promise<string | null>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** A look-up failed and the last known route was used. */
  onStale(slug: string, error: unknown): void;
}

/** Who serves a slug, or a host name of a tenant's own. */
export class RouteCache {
  private readonly slugs: LookUpCache<Route>;
  private readonly hosts: LookUpCache<string>;
  private hostLookUps = 0;

  constructor({ find, findHost, now, onStale }: RouteCacheOptions) {
    const shared = { now, onStale, negativeTtlMs: NEGATIVE_TTL_MS };
    this.slugs = new LookUpCache({
      ...shared,
      find,
      max: MAX_SLUGS,
      isSame: (a, b) => JSON.stringify(a) === JSON.stringify(b),
    });
    this.hosts = new LookUpCache({
      ...shared,
      max: MAX_HOSTS,
      isSame: (a, b) => a === b,
      find: async (host) => {
        if (this.hostLookUps >= MAX_HOST_LOOKUPS) throw new Error("too many strange host names at once");
        this.hostLookUps++;
        try {
          return await findHost(host);
        } finally {
          this.hostLookUps--;
        }
      },
    });
  }

  /** The route of a slug; null when it has none. Rejects only when Postgres fails and the slug was never seen. */
  lookup(slug: string): Route | null | Promise<Route | null> {
    return this.slugs.lookup(slug);
  }

  /**
   * The route of a custom domain, the same object as that of its slug; null when the host is nobody's.
   * @param host lower case, without port and dot at the end
   */
  lookupHost(host: string): Route | null | Promise<Route | null> {
    const slug = this.hosts.lookup(host);
    if (slug instanceof Promise)
      return slug.then((found) => (found === null ? null : this.slugs.lookup(found)));
    return slug === null ? null : this.slugs.lookup(slug);
  }

  /** Asks again for this slug at its next request. */
  invalidateSlug(slug: string): void {
    this.slugs.invalidate(slug);
  }

  invalidateHost(host: string): void {
    this.hosts.invalidate(host);
  }

  invalidateTenant(tenantId: string): void {
    this.slugs.invalidateWhere((route) => route.tenantId === tenantId);
  }

  /** Notices may have been missed: everything is asked for again. */
  invalidateAll(): void {
    this.slugs.invalidateAll();
    this.hosts.invalidateAll();
  }
}
