/** How long a request for a known name waits for Postgres before the last known answer serves it, ms. */
const STALE_AFTER_MS = 500;
/** After a failed look-up the last known answer serves this long before Postgres is asked again, ms. */
const RETRY_AFTER_MS = 1_000;

export interface LookUpOptions<Value> {
  find(name: string): Promise<Value | null>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** A look-up failed and the last known answer was used. */
  onStale(name: string, error: unknown): void;
  /** Names remembered. */
  max: number;
  /** That a name leads nowhere is believed this long, ms: a new one is announced, so this only bounds a missed notice. */
  negativeTtlMs: number;
  isSame(a: Value | null, b: Value | null): boolean;
}

interface Entry<Value> {
  name: string;
  /** Undefined until the first look-up has answered. */
  value: Value | null | undefined;
  /** No look-up needed before this time. */
  freshUntil: number;
  pending: Promise<Value | null> | null;
  /** Grows with each invalidation, so that an answer from before it is not taken for fresh. */
  generation: number;
  /** Asked for since room was looked for. */
  used: boolean;
}

/**
 * What a name leads to: at once when known, else from Postgres. Invalidated by change notices; while Postgres is away, what
 * was known last keeps serving. A changed value is a new object, an unchanged one stays the same object.
 */
export class LookUpCache<Value> {
  private readonly options: LookUpOptions<Value>;
  private readonly entries = new Map<string, Entry<Value>>();

  constructor(options: LookUpOptions<Value>) {
    this.options = options;
  }

  /** null: it leads nowhere. Rejects only when Postgres fails and the name was never seen. */
  lookup(name: string): Value | null | Promise<Value | null> {
    let entry = this.entries.get(name);
    if (entry === undefined) {
      if (this.entries.size >= this.options.max) this.makeRoom();
      entry = { name, value: undefined, freshUntil: 0, pending: null, generation: 0, used: false };
      this.entries.set(name, entry);
    } else if (entry.value !== undefined) {
      entry.used = true;
      // Most hold until they are called back: the clock is not asked for them.
      const holds = entry.freshUntil === Number.POSITIVE_INFINITY || this.options.now() < entry.freshUntil;
      if (holds) return entry.value;
    }
    entry.pending ??= this.load(entry);
    return entry.value === undefined ? entry.pending : this.orStale(entry, entry.pending);
  }

  /** Asks again for this name at its next request. */
  invalidate(name: string): void {
    const entry = this.entries.get(name);
    if (entry !== undefined) expire(entry);
  }

  invalidateWhere(fits: (value: Value) => boolean): void {
    for (const entry of this.entries.values()) {
      if (entry.value !== undefined && entry.value !== null && fits(entry.value)) expire(entry);
    }
  }

  /** Notices may have been missed: everything is asked for again. */
  invalidateAll(): void {
    for (const entry of this.entries.values()) expire(entry);
  }

  /** The oldest goes that was not asked for lately; the others get another round. */
  private makeRoom(): void {
    let tries = 2 * this.entries.size;
    for (const [name, entry] of this.entries) {
      this.entries.delete(name);
      if ((!entry.used && entry.pending === null) || tries-- === 0) return;
      entry.used = false;
      this.entries.set(name, entry);
    }
  }

  private async load(entry: Entry<Value>): Promise<Value | null> {
    try {
      for (;;) {
        const { generation } = entry;
        const found = await this.options.find(entry.name);
        if (generation !== entry.generation) continue;
        if (entry.value === undefined || !this.options.isSame(found, entry.value)) entry.value = found;
        const lifetime = found === null ? this.options.negativeTtlMs : Number.POSITIVE_INFINITY;
        entry.freshUntil = this.options.now() + lifetime;
        return entry.value ?? null;
      }
    } catch (error) {
      if (entry.value === undefined) {
        this.entries.delete(entry.name);
        throw error;
      }
      this.options.onStale(entry.name, error);
      entry.freshUntil = this.options.now() + RETRY_AFTER_MS;
      return entry.value;
    } finally {
      entry.pending = null;
    }
  }

  /** Postgres may hang rather than fail: what was known serves after a moment, and until the answer comes. */
  private async orStale(entry: Entry<Value>, pending: Promise<Value | null>): Promise<Value | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Value | null>((done) => {
      timer = setTimeout(() => {
        entry.freshUntil = Math.max(entry.freshUntil, this.options.now() + RETRY_AFTER_MS);
        done(entry.value ?? null);
      }, STALE_AFTER_MS);
    });
    try {
      return await Promise.race([pending, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function expire(entry: Entry<unknown>): void {
  entry.freshUntil = 0;
  entry.generation++;
}
