import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ExitCode, ExitError } from "../exit.ts";
import {
  refuseControlCharacters,
  type ServiceManager,
  type ServicePlan,
  type ServiceStatus,
} from "./plan.ts";
import type { RunCommand } from "./run-command.ts";
import { windowsTask } from "./windows-task.ts";

export interface WindowsTasksOptions {
  system: boolean;
  /** `DOMAIN\name` */
  user: string;
  /** The XML is handed over in this file. */
  taskFile: string;
  /** Files that only the user may read; Windows knows no file modes. */
  secretFiles: string[];
  run: RunCommand;
}

const DISABLED = 1;
const RUNNING = 4;
const states = ["unknown", "disabled", "queued", "ready, not running", "running"];

/** Tasks of the Task Scheduler, in place of services. */
export class WindowsTasks implements ServiceManager {
  private readonly options: WindowsTasksOptions;

  constructor(options: WindowsTasksOptions) {
    this.options = options;
  }

  requireRights(): void {
    // schtasks says it itself.
  }

  async install(plan: ServicePlan): Promise<string[]> {
    const { system, user, taskFile, secretFiles } = this.options;
    refuseControlCharacters(plan);
    const reader = system ? "*S-1-5-19:R" : `${user}:F`;
    for (const file of secretFiles) {
      await this.must("icacls", [file, "/inheritance:r", "/grant:r", reader, "*S-1-5-32-544:F"]);
    }
    mkdirSync(dirname(taskFile), { recursive: true });
    writeFileSync(taskFile, `\ufeff${windowsTask(plan, user, system).replaceAll("\n", "\r\n")}`, "utf16le");
    try {
      await this.must("schtasks", ["/Create", "/TN", plan.name, "/XML", taskFile, "/F"]);
    } finally {
      rmSync(taskFile, { force: true });
    }
    await this.must("schtasks", ["/Run", "/TN", plan.name]);
    return [`Made the task ${plan.name}.`];
  }

  async uninstall(name: string): Promise<string[]> {
    if ((await this.state(name)) === null) return [`There is no task ${name}.`];
    // Fails when it does not run.
    await this.options.run("schtasks", ["/End", "/TN", name]);
    await this.must("schtasks", ["/Delete", "/TN", name, "/F"]);
    return [`Removed the task ${name}.`];
  }

  async status(name: string): Promise<ServiceStatus> {
    const state = await this.state(name);
    return {
      installed: state !== null,
      running: state === RUNNING,
      startsAtBoot: state !== null && state !== DISABLED,
      detail: state === null ? "not installed" : (states[state] ?? `state ${state}`),
    };
  }

  /** Null when there is no such task. As a number, since its words are in the language of the machine. */
  private async state(name: string): Promise<number | null> {
    const command = `(Get-ScheduledTask -TaskName '${name}' -ErrorAction Stop).State.value__`;
    const { code, stdout } = await this.options.run("powershell", ["-NoProfile", "-Command", command]);
    return code === 0 && stdout.trim() !== "" ? Number(stdout) : null;
  }

  private async must(program: string, args: string[]): Promise<void> {
    const { code, stderr, stdout } = await this.options.run(program, args);
    if (code === 0) return;
    const said = stderr.trim() || stdout.trim() || `exit code ${code}`;
    const advice = /denied|0x80070005/i.test(said) ? " Run it as an administrator." : "";
    throw new ExitError(ExitCode.unexpected, `\`${program} ${args.join(" ")}\` failed: ${said}${advice}`);
  }
}
