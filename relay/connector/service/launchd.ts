import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, ExitError, usageError } from "../exit.ts";
import { launchdPlist } from "./launchd-plist.ts";
import {
  refuseControlCharacters,
  type ServiceManager,
  type ServicePlan,
  type ServiceStatus,
} from "./plan.ts";
import type { RunCommand } from "./run-command.ts";

export interface LaunchdOptions {
  system: boolean;
  /** `~/Library/LaunchAgents`, or `/Library/LaunchDaemons`. */
  plistDir: string;
  logDir: string;
  uid: number | null;
  run: RunCommand;
}

/** Services of macOS: an agent of the user by default, a daemon with `--system`. */
export class Launchd implements ServiceManager {
  private readonly options: LaunchdOptions;

  constructor(options: LaunchdOptions) {
    this.options = options;
  }

  async install(plan: ServicePlan): Promise<string[]> {
    const { plistDir, logDir, run } = this.options;
    refuseControlCharacters(plan);
    const logPath = join(logDir, `${label(plan.name)}.log`);
    for (const dir of [plistDir, logDir]) mkdirSync(dir, { recursive: true });
    // One that runs already is to run with the new settings; there may be none.
    await run("launchctl", ["bootout", this.target(plan.name)]);
    writeFileSync(this.path(plan.name), launchdPlist(plan, label(plan.name), logPath));
    await this.launchctl("enable", this.target(plan.name));
    await this.launchctl("bootstrap", this.domain, this.path(plan.name));
    return [`Wrote ${this.path(plan.name)}; its output goes to ${logPath}.`];
  }

  async uninstall(name: string): Promise<string[]> {
    this.requireRights("uninstall");
    if (!existsSync(this.path(name))) return [`There is no ${this.path(name)}.`];
    await this.options.run("launchctl", ["bootout", this.target(name)]);
    rmSync(this.path(name));
    return [`Removed ${this.path(name)}.`];
  }

  async status(name: string): Promise<ServiceStatus> {
    const installed = existsSync(this.path(name));
    const { code, stdout } = await this.options.run("launchctl", ["print", this.target(name)]);
    const state = /^\s*state = (.*)$/m.exec(stdout)?.[1] ?? "not loaded";
    return { installed, running: code === 0 && state === "running", startsAtBoot: installed, detail: state };
  }

  private get domain(): string {
    return this.options.system ? "system" : `gui/${this.options.uid}`;
  }

  private target(name: string): string {
    return `${this.domain}/${label(name)}`;
  }

  private path(name: string): string {
    return join(this.options.plistDir, `${label(name)}.plist`);
  }

  requireRights(verb: "install" | "uninstall"): void {
    const { system, uid } = this.options;
    if (system && uid !== 0)
      throw usageError(`\`service ${verb} --system\` is for root. Put sudo before it.`);
  }

  private async launchctl(...args: string[]): Promise<void> {
    const { code, stderr } = await this.options.run("launchctl", args);
    if (code === 0) return;
    throw new ExitError(
      ExitCode.unexpected,
      `\`launchctl ${args.join(" ")}\` failed: ${stderr.trim() || `exit code ${code}`}`,
    );
  }
}

function label(name: string): string {
  return `dev.hotspot.${name}`;
}
