import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** An answer that a client has in full. */
export interface Completed {
  readonly requestId: string;
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const KINDS = [
  { method: "GET", path: "/small", body: "" },
  { method: "POST", path: "/upload", body: "u".repeat(70_000) },
  { method: "GET", path: "/stream", body: "" },
  { method: "GET", path: "/large", body: "" },
] as const;

/** Clients that ask one thing after the other, and remember what they were answered in full. */
export class ChaosClients {
  readonly completed: Completed[] = [];
  /** Requests that were begun and not answered in full. */
  broken = 0;
  /** Answers of the upstream, not of ours. */
  served = 0;
  private readonly target: { port: number; host: string };
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private readonly running: Promise<void>[];
  private isStopped = false;

  constructor(target: { port: number; host: string }, count: number) {
    this.target = target;
    this.running = Array.from({ length: count }, (_, n) => this.run(n));
  }

  /** Ends when the last requests have ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
    this.agent.destroy();
  }

  private async run(n: number): Promise<void> {
    for (let turn = n; !this.isStopped; turn++) {
      const completed = await this.ask(KINDS[turn % KINDS.length]!);
      if (completed !== null) {
        this.completed.push(completed);
        if (completed.status === 200) this.served++;
      } else {
        this.broken++;
        // Nobody listens while the relay is away.
        await delay(20);
      }
    }
  }

  private ask(kind: (typeof KINDS)[number]): Promise<Completed | null> {
    return new Promise((resolve) => {
      const { port, host } = this.target;
      const { method, path, body } = kind;
      const headers = { Host: host, "Content-Length": body.length };
      const asked = request({ agent: this.agent, host: "127.0.0.1", port, method, path, headers }, (res) => {
        let bytesOut = 0;
        res.on("data", (chunk: Buffer) => {
          bytesOut += chunk.length;
        });
        res.on("error", () => resolve(null));
        res.on("close", () => {
          const requestId = String(res.headers["hotspot-request-id"]);
          resolve(
            res.complete ? { requestId, status: res.statusCode!, bytesIn: body.length, bytesOut } : null,
          );
        });
      });
      asked.on("error", () => resolve(null));
      asked.setTimeout(20_000, () => asked.destroy());
      asked.end(body);
    });
  }
}
