import { isDeepStrictEqual } from "node:util";
import type { ExitError } from "../exit.ts";
import type { Reporter } from "../view/reporter.ts";
import { type EndpointPlan, ServedEndpoint, type ServingDeps } from "./served-endpoint.ts";

/** Running streams may finish for this long once their endpoint is to stop, ms. */
const STOP_GRACE_MS = 10_000;

/** The endpoints that this process serves, which may change while it runs. */
export class Fleet {
  /** Resolves when no endpoint is left to serve, with what ended the last one. */
  readonly ended: Promise<ExitError>;
  private readonly reporter: Reporter;
  private readonly endpoints = new Map<string, ServedEndpoint>();
  private readonly stopping = new Set<Promise<void>>();
  private readonly end: (error: ExitError) => void;
  private deps: ServingDeps | null = null;

  constructor(reporter: Reporter) {
    this.reporter = reporter;
    const { promise, resolve } = Promise.withResolvers<ExitError>();
    this.ended = promise;
    this.end = resolve;
  }

  /** Round trip to the relay, ms, the best of all links; null before the first answer. */
  get latencyMs(): number | null {
    let best: number | null = null;
    for (const { latencyMs } of this.endpoints.values()) {
      if (latencyMs !== null && (best === null || latencyMs < best)) best = latencyMs;
    }
    return best;
  }

  /**
   * Serves these endpoints from now on. What runs as it is planned is left alone; what has changed gives way to a new
   * one while its running streams finish. Other `deps` than before change everything.
   */
  serve(plans: EndpointPlan[], deps: ServingDeps): { started: string[]; stopped: string[] } {
    const all = this.deps !== deps;
    this.deps = deps;
    const wanted = new Map(plans.map((plan) => [plan.slug, plan]));
    const stopped: string[] = [];
    for (const [slug, endpoint] of this.endpoints) {
      const plan = wanted.get(slug);
      if (!all && plan !== undefined && isDeepStrictEqual(plan, endpoint.plan)) continue;
      if (plan === undefined) {
        stopped.push(slug);
        this.reporter.endpoint(slug).gone();
      }
      this.remove(slug, STOP_GRACE_MS);
    }
    const started: string[] = [];
    for (const plan of plans) {
      if (this.endpoints.has(plan.slug)) continue;
      started.push(plan.slug);
      this.start(plan, deps);
    }
    return { started, stopped };
  }

  /** Stops all; with `graceMs`, running streams may finish. */
  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    for (const slug of [...this.endpoints.keys()]) this.remove(slug, graceMs);
    await Promise.all(this.stopping);
  }

  private start(plan: EndpointPlan, deps: ServingDeps): void {
    const reporter = this.reporter.endpoint(plan.slug);
    const endpoint = new ServedEndpoint(plan, deps, reporter, (error) => {
      if (this.endpoints.get(plan.slug) !== endpoint) return;
      this.remove(plan.slug, 0);
      if (this.endpoints.size === 0) this.end(error);
      else reporter.note(`Not served any more: ${error.message}`);
    });
    this.endpoints.set(plan.slug, endpoint);
  }

  private remove(slug: string, graceMs: number): void {
    const endpoint = this.endpoints.get(slug)!;
    this.endpoints.delete(slug);
    const done = endpoint.stop(graceMs).finally(() => this.stopping.delete(done));
    this.stopping.add(done);
  }
}
