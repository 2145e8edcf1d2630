import type { Spending } from "../../../server/budgets/index.ts";
import type { UsageRecord } from "../../../server/usage/index.ts";
import type { LimitState } from "./limit-state.ts";
import { TenantSpending } from "./tenant-spending.ts";

/** Tenants remembered; those without anything running or new are forgotten first. */
const MAX_TENANTS = 10_000;
/** A first reading is not waited for longer: then the request passes, ms. */
const FIRST_READ_MS = 1_000;
/** After a failed reading, ms. */
const RETRY_MS = 2_000;
/** Other relays use the same budgets: how old a reading may be, by how much of a limit is used, ms. */
const AGES = [
  { below: 0.5, ms: 30_000 },
  { below: 0.8, ms: 5_000 },
  { below: Number.POSITIVE_INFINITY, ms: 1_000 },
] as const;

/** Why a request is not let through: the edge says it to the client. */
export interface SpendingRefusal {
  readonly kind: "quota" | "budget";
  readonly ofKey: boolean;
  readonly metric: "requests" | "tokens" | "cents" | "megabytes";
  /** Epoch, ms. */
  readonly resetsAt: number;
}

/** A request that wants to start. */
export interface SpendingRequest {
  readonly requestId: string;
  readonly tenantId: string;
  readonly accessKeyId: string | null;
  /** It ended while it waited. */
  readonly finished: boolean;
}

export interface SpendingBookOptions {
  /** `readSpending` of server/budgets, for this relay's journal. */
  read(tenantId: string): Promise<Spending>;
  /** Epoch, ms. */
  now(): number;
  onReadFailed(tenantId: string, error: unknown): void;
}

interface Page {
  readonly spending: TenantSpending;
  reading: Promise<void> | null;
  /** A change was announced while a reading was under way. */
  isStale: boolean;
  readAgainAt: number;
  /** A request has come since the last tick; so the clock is asked a second, not a request. */
  isUsed: boolean;
  usedAt: number;
}

/**
 * Which requests still fit the budgets of their tenant. Exact within this process: what the last reading from Postgres
 * holds, what was recorded since, and what runs now; of other relays it knows what they had handed over at the last reading.
 * While Postgres is away, what was read last holds, and who was never read passes.
 */
export class SpendingBook {
  private readonly options: SpendingBookOptions;
  private readonly pages = new Map<string, Page>();

  constructor(options: SpendingBookOptions) {
    this.options = options;
  }

  /** Lets a request start, and counts it from now on until its record is stored; or says what stands against it. */
  admit(request: SpendingRequest): SpendingRefusal | null | Promise<SpendingRefusal | null> {
    const page = this.pageOf(request.tenantId);
    if (page.spending.limits !== null) return this.decide(page, request);
    const read = page.reading ?? this.read(request.tenantId, page);
    return within(FIRST_READ_MS, read).then(() => this.decide(page, request));
  }

  /** Counts the tokens of a running answer, and ends it at a limit. */
  watch(
    { requestId, tenantId, accessKeyId }: { requestId: string; tenantId: string; accessKeyId: string | null },
    tokens: { onTokens: ((delta: number) => void) | null; stop(): void },
  ): void {
    const spending = this.pages.get(tenantId)?.spending;
    if (spending?.isOpen(requestId) !== true) return;
    tokens.onTokens = (delta) => {
      spending.deliver(requestId, delta);
      if (delta > 0 && spending.isReached(accessKeyId, this.options.now())) tokens.stop();
    };
  }

  /** A record has got its place in the journal. */
  stored(seq: number, record: UsageRecord): void {
    this.pages.get(record.tenantId)?.spending.stored(seq, record);
  }

  /** Budgets or plan of this tenant have changed. */
  invalidate(tenantId: string): void {
    const page = this.pages.get(tenantId);
    if (page === undefined) return;
    page.isStale = true;
    void (page.reading ?? this.read(tenantId, page));
  }

  invalidateAll(): void {
    for (const tenantId of this.pages.keys()) this.invalidate(tenantId);
  }

  /** Reads anew what is in use and old. Call about once a second. */
  tick(): void {
    const now = this.options.now();
    for (const [tenantId, page] of this.pages) {
      if (page.isUsed) page.usedAt = now;
      page.isUsed = false;
      const isInUse = now - page.usedAt < 2 * AGES[0].ms || !page.spending.isIdle;
      if (isInUse && now >= page.readAgainAt && page.reading === null) void this.read(tenantId, page);
    }
  }

  private decide(page: Page, request: SpendingRequest): SpendingRefusal | null {
    const { requestId, accessKeyId, finished } = request;
    // Its record is written already: nothing would ever end its counting.
    if (finished) return null;
    page.isUsed = true;
    if (page.spending.hasLimits) {
      const limit = page.spending.refusing(accessKeyId, this.options.now());
      if (limit !== null) return refusalOf(limit);
    }
    page.spending.begin(requestId, accessKeyId);
    return null;
  }

  private pageOf(tenantId: string): Page {
    const known = this.pages.get(tenantId);
    if (known !== undefined) return known;
    if (this.pages.size >= MAX_TENANTS) this.forgetSome();
    const page: Page = {
      spending: new TenantSpending(),
      reading: null,
      isStale: false,
      readAgainAt: 0,
      isUsed: true,
      usedAt: 0,
    };
    this.pages.set(tenantId, page);
    return page;
  }

  private forgetSome(): void {
    let toForget = MAX_TENANTS / 10;
    for (const [tenantId, { spending, reading }] of this.pages) {
      if (!spending.isIdle || reading !== null) continue;
      this.pages.delete(tenantId);
      if (--toForget === 0) return;
    }
  }

  private read(tenantId: string, page: Page): Promise<void> {
    page.reading = this.readUntilFresh(tenantId, page).finally(() => {
      page.reading = null;
    });
    return page.reading;
  }

  private async readUntilFresh(tenantId: string, page: Page): Promise<void> {
    const { options } = this;
    try {
      do {
        page.isStale = false;
        const spending = await options.read(tenantId);
        if (!page.isStale && !page.spending.read(spending)) {
          page.readAgainAt = options.now() + AGES[2].ms;
          return;
        }
      } while (page.isStale);
      const nearest = page.spending.nearest();
      const age = AGES.find(({ below }) => nearest < below) ?? AGES[2];
      page.readAgainAt = Math.min(options.now() + age.ms, endOf(page.spending.limits ?? []));
    } catch (error) {
      page.readAgainAt = options.now() + RETRY_MS;
      options.onReadFailed(tenantId, error);
    }
  }
}

/** When the first window is over, and its limit has to be read anew. */
function endOf(limits: readonly LimitState[]): number {
  return Math.min(...limits.map(({ limit }) => limit.window.end.getTime()), Number.POSITIVE_INFINITY);
}

function refusalOf({ limit }: LimitState): SpendingRefusal {
  return {
    kind: limit.budgetId === null ? "quota" : "budget",
    ofKey: limit.accessKeyId !== null,
    metric: limit.metric,
    resetsAt: limit.window.end.getTime(),
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
