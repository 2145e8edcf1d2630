import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, ExitError, usageError } from "../exit.ts";
import {
  refuseControlCharacters,
  type ServiceManager,
  type ServicePlan,
  type ServiceStatus,
} from "./plan.ts";
import type { CommandResult, RunCommand } from "./run-command.ts";
import { systemdUnit } from "./systemd-unit.ts";

export interface SystemdOptions {
  system: boolean;
  /** Where units are kept: of the user, or of the machine. */
  unitDir: string;
  /** Null where the system has no such number. */
  uid: number | null;
  user: string;
  run: RunCommand;
}

/** Services of systemd: units of the user by default, of the machine with `--system`. */
export class Systemd implements ServiceManager {
  private readonly options: SystemdOptions;

  constructor(options: SystemdOptions) {
    this.options = options;
  }

  async install(plan: ServicePlan): Promise<string[]> {
    const { system, unitDir, user, run } = this.options;
    refuseControlCharacters(plan);
    const path = this.path(plan.name);
    mkdirSync(unitDir, { recursive: true });
    writeFileSync(path, systemdUnit(plan, system));
    await this.systemctl("daemon-reload");
    await this.systemctl("enable", `${plan.name}.service`);
    // Not `start`: one that runs already is to run with the new settings.
    await this.systemctl("restart", `${plan.name}.service`);
    const notes = [`Wrote ${path}.`];
    if (system) return notes;
    // Without it a unit of a user starts at the first login only, and ends with the last logout.
    const lingering = await run("loginctl", ["enable-linger", user]);
    if (lingering.code !== 0) {
      notes.push(
        `It starts when you log in, not at boot: \`sudo loginctl enable-linger ${user}\` changes that (${lastLine(lingering)}).`,
      );
    }
    return notes;
  }

  async uninstall(name: string): Promise<string[]> {
    this.requireRights("uninstall");
    const path = this.path(name);
    if (!existsSync(path)) return [`There is no ${path}.`];
    await this.systemctl("disable", "--now", `${name}.service`);
    rmSync(path);
    await this.systemctl("daemon-reload");
    return [`Removed ${path}.`];
  }

  async status(name: string): Promise<ServiceStatus> {
    const installed = existsSync(this.path(name));
    const shown = await this.systemctl(
      ...["show", `${name}.service`, "--property=ActiveState,SubState,UnitFileState,ExecMainStatus,Result"],
    );
    const property = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(shown)?.[1] ?? "";
    const state = property("ActiveState");
    const ended =
      state === "failed" ? `, ended with ${property("ExecMainStatus")} (${property("Result")})` : "";
    return {
      installed,
      running: state === "active",
      startsAtBoot: property("UnitFileState") === "enabled",
      detail: `${state} (${property("SubState")})${ended}`,
    };
  }

  private path(name: string): string {
    return join(this.options.unitDir, `${name}.service`);
  }

  requireRights(verb: "install" | "uninstall"): void {
    const { system, uid } = this.options;
    if (system && uid !== 0)
      throw usageError(`\`service ${verb} --system\` is for root. Put sudo before it.`);
  }

  private async systemctl(...args: string[]): Promise<string> {
    const { system, run } = this.options;
    const result = await run("systemctl", system ? args : ["--user", ...args]);
    if (result.code === 0) return result.stdout;
    if (result.code === 127) {
      throw new ExitError(
        ExitCode.usage,
        "There is no systemctl: this machine does not run systemd. Start `hotspot connect` with what it uses instead.",
      );
    }
    if (/connect to (user scope )?bus|XDG_RUNTIME_DIR/i.test(result.stderr)) {
      throw new ExitError(
        ExitCode.unexpected,
        `systemd of this user does not answer (${lastLine(result)}). Log in once without su or sudo, or use --system.`,
      );
    }
    throw new ExitError(ExitCode.unexpected, `\`systemctl ${args.join(" ")}\` failed: ${lastLine(result)}`);
  }
}

function lastLine({ stderr, stdout, code }: CommandResult): string {
  return (stderr.trim() || stdout.trim()).split("\n").at(-1) || `exit code ${code}`;
}
