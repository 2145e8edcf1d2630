import { ExitCode, ExitError } from "../exit.ts";
import { PortalError, PortalUnreachableError } from "../portal/errors.ts";
import type { HubReport, Reported } from "../portal/hub-client.ts";
import type { Log } from "../upstream/log.ts";

/** Changes that come close together are one report, ms. */
const MIN_GAP_MS = 1_000;
/** Until the portal has said how often it wants to hear, ms. */
const DEFAULT_INTERVAL_MS = 60_000;
/** So many refusals of the token in a row mean it: one may come from a portal that is being deployed. */
const REFUSALS_UNTIL_END = 3;
/** A stop does not wait longer for its farewell, ms. */
const FAREWELL_MS = 2_000;

export interface ReportsOptions {
  gather(): Promise<HubReport>;
  send(report: HubReport, timeoutMs?: number): Promise<Reported>;
  /** @returns true: something has changed that the portal should hear at once */
  onAnswer(answer: Reported, report: HubReport): Promise<boolean>;
  /** This installation is the hub no more: its token is refused again and again. */
  onRefused(error: ExitError): void;
  log: Log;
  /** Instead of what the portal says, ms; null: what it says. */
  intervalMs: number | null;
}

/** Tells the portal again and again how this hub is. A portal that is away changes nothing. */
export class Reports {
  private readonly options: ReportsOptions;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isReporting = false;
  private isWanted = false;
  private isStopped = false;
  private intervalMs = DEFAULT_INTERVAL_MS;
  private lastAt = Number.NEGATIVE_INFINITY;
  private refusals = 0;
  /** What was wrong last time: told once, not with every try. */
  private lastProblem: string | null = null;

  constructor(options: ReportsOptions) {
    this.options = options;
    this.intervalMs = options.intervalMs ?? DEFAULT_INTERVAL_MS;
  }

  /** Something has changed: reports soon. */
  trigger(): void {
    if (this.isStopped) return;
    if (this.isReporting) {
      this.isWanted = true;
      return;
    }
    this.schedule(Math.max(0, this.lastAt + MIN_GAP_MS - performance.now()));
  }

  /** No report follows; one more says that the hub was stopped, if the portal takes it quickly. */
  async stop(farewell: HubReport | null): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    if (farewell === null) return;
    try {
      await this.options.send(farewell, FAREWELL_MS);
    } catch (error) {
      // The portal notices by itself that nothing comes any more.
      this.options.log("debug", "no farewell", { reason: (error as Error).message });
    }
  }

  private schedule(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.reportAndGoOn(), ms);
  }

  private async reportAndGoOn(): Promise<void> {
    this.isReporting = true;
    const again = await this.report();
    this.isReporting = false;
    if (this.isStopped) return;
    const soon = again || this.isWanted;
    this.isWanted = false;
    this.schedule(soon ? MIN_GAP_MS : this.intervalMs);
  }

  private async report(): Promise<boolean> {
    this.lastAt = performance.now();
    try {
      const report = await this.options.gather();
      if (this.isStopped) return false;
      const answer = await this.options.send(report);
      this.refusals = 0;
      if (this.lastProblem !== null) this.options.log("warn", "the portal takes reports again");
      this.lastProblem = null;
      this.intervalMs = this.options.intervalMs ?? answer.reportAfterSeconds * 1_000;
      return this.isStopped ? false : await this.options.onAnswer(answer, report);
    } catch (error) {
      this.failed(error as Error);
      return false;
    }
  }

  private failed(error: Error): void {
    if (!(error instanceof PortalUnreachableError || error instanceof PortalError)) {
      this.options.log("error", "a report failed", { reason: error.stack ?? error.message });
      return;
    }
    if (this.lastProblem !== error.message) {
      this.options.log("warn", "the portal takes no report; the hub goes on", { reason: error.message });
      this.lastProblem = error.message;
    }
    const isRefusal = error instanceof PortalError && (error.status === 401 || error.status === 404);
    this.refusals = isRefusal ? this.refusals + 1 : 0;
    if (this.refusals < REFUSALS_UNTIL_END) return;
    this.options.onRefused(
      new ExitError(
        ExitCode.refused,
        `The portal does not know this hub any more (${error.message}). It was removed, or enabled elsewhere under the same name; its tunnel was stopped here. \`hotspot hub enable\` makes this machine the hub again.`,
      ),
    );
  }
}
