import { existsSync } from "node:fs";
import { ExitCode, ExitError } from "../../exit.ts";
import { PortalError, PortalUnreachableError } from "../../portal/errors.ts";
import type { HubCheck, HubPortalClient } from "../../portal/hub-client.ts";
import { fullVersion } from "../../version.ts";
import { checkDns } from "../checks/dns.ts";
import { findCloudflared } from "../cloudflared/find.ts";
import { endLeftovers } from "../cloudflared/leftover.ts";
import { type HubContext, portalOf } from "../context.ts";
import { credentialsFile, tunnelFile } from "../files.ts";
import { writePrivateFile } from "../private-file.ts";
import { type HubEnd, HubServing } from "../serving.ts";
import { type HubSettings, loadHubSettings, saveHubSettings } from "../state.ts";
import { CloudflareError, CloudflareUnreachableError } from "./cloudflare.ts";
import { checkPreconditions } from "./preconditions.ts";
import { ensureRecord, ensureTunnel, InTheWayError, tunnelConfig } from "./provision.ts";

/** Between two looks at what is missing, ms. */
const LOOK_AGAIN_MS = 60_000;
const SETTINGS_MS = 1_000;

/** A hub with a Cloudflare account of the customer's own, from its start to its end in this process. */
export class SelfHostedHub {
  private settings: HubSettings;
  private readonly context: HubContext;
  private readonly client: HubPortalClient;

  constructor(settings: HubSettings, context: HubContext) {
    this.settings = settings;
    this.context = context;
    this.client = portalOf(settings, context);
  }

  /**
   * Serves until something ends it. Nothing is started before all preconditions are met.
   *
   * @param strict ends when one is not; otherwise it is looked for again and again, and told to the portal meanwhile
   * @throws ExitError usage: the preconditions that are not met, by name
   */
  async serve(strict: boolean): Promise<HubEnd | null> {
    let told = "";
    for (;;) {
      const { program, checks } = await this.prepare();
      if (program !== null) return this.serveTunnel(program);
      const missing = checks.filter(({ ok }) => !ok);
      const names = missing.map(({ name }) => name).join(", ");
      const text = missing.map(({ name, message }) => `${name}: ${message}`).join("\n");
      // Each in a line of its own, once until something changes.
      if (text !== told)
        for (const { name, message } of missing) this.context.output.note(`${name}: ${message}`);
      told = text;
      await this.report(checks);
      if (strict) {
        throw new ExitError(
          ExitCode.usage,
          `The tunnel was not started. Not met: ${names}. See above what to do.`,
        );
      }
      const end = await this.waitToLookAgain();
      if (end !== "again") return end;
    }
  }

  /** @returns no program when something is missing, with what */
  private async prepare(): Promise<{ program: string | null; checks: HubCheck[] }> {
    const { options, output } = this.context;
    const { hubId, serviceUrl } = this.settings;
    try {
      const { checks, prepared } = await checkPreconditions(this.settings, this.context);
      if (prepared === null) return { program: null, checks };
      const { cloudflare, zoneId, hostname, program } = prepared;
      const credentials = await ensureTunnel(cloudflare, hubId);
      const tunnelId = credentials.TunnelID;
      const file = credentialsFile(options.dir, hubId);
      writePrivateFile(file, `${JSON.stringify(credentials)}\n`);
      writePrivateFile(
        tunnelFile(options.dir, this.settings),
        tunnelConfig({ tunnelId, credentialsFile: file, hostname, serviceUrl }),
      );
      await ensureRecord(cloudflare, { zoneId, hostname, tunnelId, hubId });
      this.settings = { ...this.settings, hostname, tunnelId };
      saveHubSettings(options.dir, this.settings);
      return { program, checks };
    } catch (error) {
      if (error instanceof CloudflareUnreachableError) {
        const program = this.preparedBefore();
        if (program !== null) output.note(`${error.message}; started by what is stored.`);
        return { program, checks: [{ name: "cloudflare", ok: false, message: `${error.message}.` }] };
      }
      if (error instanceof InTheWayError) return failed("dns", error);
      if (error instanceof CloudflareError) return failed("cloudflare", error);
      throw error;
    }
  }

  /** A tunnel that was made once runs without Cloudflare's API. */
  private preparedBefore(): string | null {
    const { options, env, cwd } = this.context;
    const { hubId, enabled, cloudflared } = this.settings;
    const files = [tunnelFile(options.dir, this.settings), credentialsFile(options.dir, hubId)];
    return enabled && files.every((file) => existsSync(file))
      ? findCloudflared(options.cloudflared ?? cloudflared, env, cwd)
      : null;
  }

  private async serveTunnel(program: string): Promise<HubEnd | null> {
    const { options, env, output, stopRequested } = this.context;
    const { hubId, hostname, serviceUrl } = this.settings;
    const file = tunnelFile(options.dir, this.settings);
    await endLeftovers(file, env, output.log);
    const serving = new HubServing({
      ...{ dir: options.dir, hubId, env, output, program, reportMs: options.reportMs },
      network: options.network,
      args: (metrics) => ["tunnel", "--no-autoupdate", "--metrics", metrics, "--config", file, "run"],
      secrets: () => [this.settings.hubToken],
      parts: async () => ({
        checks: [await checkDns(hostname!, options.dnsServers)],
        accessKeyId: null,
        backup: null,
        hostname: hostname!,
      }),
      send: (report, timeoutMs) => this.client.report(report, timeoutMs),
      // The tunnel is not the portal's: it only shows how it is.
      onAnswer: async () => false,
      onSettings: () => undefined,
      onReady: () => output.live(`https://${hostname}`, serviceUrl),
    });
    serving.start();
    const end = await Promise.race([serving.ended, stopRequested.then(() => null)]);
    await serving.stop("The hub was stopped on its machine.");
    return end;
  }

  /** Tells the portal why nothing was started, for its banner. A portal that is away is no reason to fail otherwise. */
  private async report(checks: HubCheck[]): Promise<void> {
    const hostname = this.settings.selfHosted?.hostname;
    try {
      await this.client.report({
        ...{ version: fullVersion(), checks, accessKeyId: null, backup: null },
        ...(hostname && { hostname }),
      });
    } catch (error) {
      if (!(error instanceof PortalError || error instanceof PortalUnreachableError)) throw error;
      this.context.output.note(`The portal could not be told: ${error.message}`);
    }
  }

  private async waitToLookAgain(): Promise<HubEnd | null | "again"> {
    const { options, stopRequested } = this.context;
    let isStopped = false;
    const stopped = stopRequested.then(() => {
      isStopped = true;
    });
    const until = performance.now() + (options.reportMs ?? LOOK_AGAIN_MS);
    while (performance.now() < until) {
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, SETTINGS_MS))]);
      if (isStopped) return null;
      const stored = loadHubSettings(options.dir, this.settings.hubId);
      if (!stored?.enabled) return { kind: "disabled" };
    }
    return "again";
  }
}

function failed(name: string, { message }: Error): { program: null; checks: HubCheck[] } {
  return { program: null, checks: [{ name, ok: false, message: message.slice(0, 500) }] };
}
