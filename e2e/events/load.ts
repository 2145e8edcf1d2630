import { setTimeout as delay } from "node:timers/promises";
import { RawHttp } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import type { Upstream } from "../standins/upstream.ts";

/** One request that has ended, one way or the other. */
export interface Ended {
  /** When it was sent and when it ended, ms since the epoch. */
  readonly sentAt: number;
  readonly endedAt: number;
  /** 0: the connection was cut or refused. */
  readonly status: number;
}

export interface LoadOptions {
  readonly port: () => number;
  readonly host: string;
  /** Event streams held open, each opened again when it has ended. */
  readonly streams?: number;
  readonly requestsPerSecond?: number;
}

/**
 * What events happen under: 20 requests a second whether or not the ones before are answered, each on a connection of its
 * own, and 10 open event streams. Paths: `/load` answers at once, `/stream` sends events and ends by itself.
 */
export class Load {
  readonly ended: Ended[] = [];
  /** Streams that ended whole, and those that were cut. */
  wholeStreams = 0;
  cutStreams = 0;
  /** Events of all streams. */
  events = 0;
  private readonly options: LoadOptions;
  private readonly running = new Set<Promise<void>>();
  private readonly streams: Promise<void>[];
  private readonly timer: NodeJS.Timeout;
  private isStopped = false;
  private open = new Set<RawHttp>();

  constructor(options: LoadOptions) {
    this.options = options;
    this.timer = setInterval(() => this.ask(), 1_000 / (options.requestsPerSecond ?? 20));
    this.streams = Array.from({ length: options.streams ?? 10 }, () => this.keepStreaming());
  }

  /** Requests that have not ended. */
  get pending(): number {
    return this.running.size;
  }

  /** Those that were sent at or after a moment. */
  since(time: number): Ended[] {
    return this.ended.filter((one) => one.sentAt >= time);
  }

  /** Resolves when so many more requests are served and so many more events have come. @returns when the first was served */
  async served(requests = 5, events = 10): Promise<number> {
    const from = Date.now();
    const eventsBefore = this.events;
    const ok = () => this.since(from).filter((one) => one.status === 200);
    await until(() => {
      if (ok().length < requests)
        throw new Error(`${ok().length} requests served since, ${this.pending} wait`);
      if (this.options.streams !== 0 && this.events < eventsBefore + events)
        throw new Error("no event comes");
    });
    return Math.min(...ok().map((one) => one.endedAt));
  }

  /** No new requests; waits for those that run. Streams are let go. @throws when one hangs */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.isStopped = true;
    try {
      await until(() => {
        if (this.running.size > 0) throw new Error(`${this.running.size} requests hang`);
      });
    } finally {
      for (const http of this.open) http.close();
      await Promise.all(this.streams);
    }
  }

  private ask(): void {
    const sentAt = Date.now();
    const run = this.once("/load", async (http) => (await http.response()).status)
      .catch(() => 0)
      .then((status) => {
        this.ended.push({ sentAt, endedAt: Date.now(), status });
        this.running.delete(run);
      });
    this.running.add(run);
  }

  private async keepStreaming(): Promise<void> {
    while (!this.isStopped) {
      try {
        await this.once("/stream", async (http) => {
          const { status } = await http.readHead();
          if (status !== 200) throw new Error(`the stream is answered ${status}`);
          while ((await http.readChunk()).length > 0) this.events++;
        });
        this.wholeStreams++;
      } catch {
        if (!this.isStopped) this.cutStreams++;
        await delay(30);
      }
    }
  }

  private async once<T>(path: string, use: (http: RawHttp) => Promise<T>): Promise<T> {
    const http = await RawHttp.open(this.options.port());
    this.open.add(http);
    try {
      http.request([`GET ${path} HTTP/1.1`, `Host: ${this.options.host}`]);
      return await use(http);
    } finally {
      this.open.delete(http);
      http.close();
    }
  }
}

/** Scripts the two paths; a stream has `events` events, 50 ms apart. */
export function serveLoad(upstream: Pick<Upstream, "on">, events = 20): void {
  upstream.on("/load", (_req, res) => res.end("ok"));
  upstream.on("/stream", (_req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    let left = events;
    const timer = setInterval(() => {
      if (--left > 0) return void res.write("data: tick\n\n");
      clearInterval(timer);
      res.end("data: done\n\n");
    }, 50);
    res.once("close", () => clearInterval(timer));
  });
}
