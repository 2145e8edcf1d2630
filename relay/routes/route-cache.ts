import type { Route } from "../../server/endpoints/index.ts";

/** Slugs remembered; one is about 1 KB. */
const MAX_SLUGS = 20_000;
/** That a slug leads nowhere is believed this long, ms: a new endpoint is announced, so this only bounds a missed notice. */
const NEGATIVE_TTL_MS = 5_000;
/** How long a request for a known slug waits for Postgres before the last known route serves it, ms. */
const STALE_AFTER_MS = 500;
/** After a failed look-up the last known route serves this long before Postgres is asked again, ms. */
const RETRY_AFTER_MS = 1_000;

export interface RouteCacheOptions {
  /** `findRoute` of server/endpoints. */
  find(slug: string): Promise<Route | null>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** A look-up failed and the last known route was used. */
  onStale(slug: string, error: unknown): void;
}

interface Entry {
  slug: string;
  /** Undefined until the first look-up has answered. */
  route: Route | null | undefined;
  /** No look-up needed before this time. */
  freshUntil: number;
  pending: Promise<Route | null> | null;
  /** Grows with each invalidation, so that an answer from before it is not taken for fresh. */
  generation: number;
  /** Asked for since room was looked for. */
  used: boolean;
}

/**
 * Who serves a slug: at once when known, else from Postgres. Change notices invalidate; while Postgres is away, what was
 * known last keeps serving. A changed route is a new object, an unchanged one stays the same object.
 */
export class RouteCache {
  private readonly options: RouteCacheOptions;
  private readonly entries = new Map<string, Entry>();

  constructor(options: RouteCacheOptions) {
    this.options = options;
  }

  /** The route of a slug; null when it has none. Rejects only when Postgres fails and the slug was never seen. */
  lookup(slug: string): Route | null | Promise<Route | null> {
    let entry = this.entries.get(slug);
    if (entry === undefined) {
      if (this.entries.size >= MAX_SLUGS) this.makeRoom();
      entry = { slug, route: undefined, freshUntil: 0, pending: null, generation: 0, used: false };
      this.entries.set(slug, entry);
    } else if (entry.route !== undefined) {
      entry.used = true;
      // Most hold until they are called back: the clock is not asked for them.
      if (entry.freshUntil === Number.POSITIVE_INFINITY || this.options.now() < entry.freshUntil)
        return entry.route;
    }
    entry.pending ??= this.load(entry);
    return entry.route === undefined ? entry.pending : this.orStale(entry, entry.pending);
  }

  /** Asks again for this slug at its next request. */
  invalidateSlug(slug: string): void {
    const entry = this.entries.get(slug);
    if (entry !== undefined) expire(entry);
  }

  invalidateTenant(tenantId: string): void {
    for (const entry of this.entries.values()) {
      if (entry.route?.tenantId === tenantId) expire(entry);
    }
  }

  /** Notices may have been missed: everything is asked for again. */
  invalidateAll(): void {
    for (const entry of this.entries.values()) expire(entry);
  }

  /** The oldest goes that was not asked for lately; the others get another round. */
  private makeRoom(): void {
    let tries = 2 * this.entries.size;
    for (const [slug, entry] of this.entries) {
      this.entries.delete(slug);
      if ((!entry.used && entry.pending === null) || tries-- === 0) return;
      entry.used = false;
      this.entries.set(slug, entry);
    }
  }

  private async load(entry: Entry): Promise<Route | null> {
    try {
      for (;;) {
        const { generation } = entry;
        const found = await this.options.find(entry.slug);
        if (generation !== entry.generation) continue;
        if (!sameRoute(found, entry.route)) entry.route = found;
        const lifetime = found === null ? NEGATIVE_TTL_MS : Number.POSITIVE_INFINITY;
        entry.freshUntil = this.options.now() + lifetime;
        return entry.route ?? null;
      }
    } catch (error) {
      if (entry.route === undefined) {
        this.entries.delete(entry.slug);
        throw error;
      }
      this.options.onStale(entry.slug, error);
      entry.freshUntil = this.options.now() + RETRY_AFTER_MS;
      return entry.route;
    } finally {
      entry.pending = null;
    }
  }

  /** Postgres may hang rather than fail: what was known serves after a moment, and until the answer comes. */
  private async orStale(entry: Entry, pending: Promise<Route | null>): Promise<Route | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Route | null>((done) => {
      timer = setTimeout(() => {
        entry.freshUntil = Math.max(entry.freshUntil, this.options.now() + RETRY_AFTER_MS);
        done(entry.route ?? null);
      }, STALE_AFTER_MS);
    });
    try {
      return await Promise.race([pending, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function expire(entry: Entry): void {
  entry.freshUntil = 0;
  entry.generation++;
}

function sameRoute(a: Route | null, b: Route | null | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
