import { HealthMonitor } from "../health/monitor.ts";
import { probeTargetOf } from "../health/probe-target-of.ts";
import type { EndpointOptions } from "../options/connect-options.ts";
import { connectUpstream } from "../upstream/connect.ts";
import { Dispatcher } from "../upstream/dispatcher.ts";
import type { Log } from "../upstream/log.ts";
import type { UpstreamTarget } from "../upstream/target.ts";
import type { EndpointReporter } from "../view/reporter.ts";
import { startWaking, type Waking } from "../wake/waking.ts";

/** What carries HTTP and WebSocket streams of an endpoint to its upstream, and looks after that. */
export class HttpPart {
  private readonly dispatcher: Dispatcher;
  private readonly waking: Waking | null;
  private readonly health: HealthMonitor | null;

  /** @param onHealth hears why the upstream is ill; null when it is well again */
  constructor(
    plan: EndpointOptions & { target: UpstreamTarget },
    { log, env }: { log: Log; env: Record<string, string | undefined> },
    reporter: EndpointReporter,
    onHealth: (why: string | null) => void,
  ) {
    this.dispatcher = new Dispatcher({
      target: plan.target,
      connect: connectUpstream,
      log,
      hostHeader: plan.hostHeader,
      headTimeoutMs: plan.upstreamTimeoutMs,
      onRecord: (record) => reporter.request(record),
      ...(plan.wake && { onUnreachable: () => this.waking?.waker.lost() }),
    });
    const probed = probeTargetOf(plan);
    this.waking =
      plan.wake === null
        ? null
        : startWaking(this.dispatcher, {
            wake: plan.wake,
            target: probed,
            log,
            onNote: (message) => reporter.note(message),
            now: () => performance.now(),
            env,
          });
    this.health =
      plan.health === null
        ? null
        : new HealthMonitor({
            target: probed,
            everyMs: plan.healthMs,
            isExpected: () => this.waking?.waker.awake ?? true,
            onChange: onHealth,
          });
  }

  /** Takes a stream of kind 0 or 1. */
  get accept(): Dispatcher["accept"] {
    return this.waking?.accept ?? this.dispatcher.accept;
  }

  startHealth(): void {
    this.health?.start();
  }

  stopHealth(): void {
    this.health?.stop();
  }

  async close(): Promise<void> {
    await this.waking?.close();
    this.dispatcher.close();
  }
}
