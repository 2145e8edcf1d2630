import { join } from "node:path";
import { usageError } from "../exit.ts";
import { Launchd } from "./launchd.ts";
import type { ServiceManager } from "./plan.ts";
import type { RunCommand } from "./run-command.ts";
import { Systemd } from "./systemd.ts";
import { WindowsTasks } from "./windows.ts";

/** What the choice of a service manager depends on. */
export interface ServiceHost {
  platform: NodeJS.Platform;
  home: string;
  user: string;
  uid: number | null;
  env: Record<string, string | undefined>;
  run: RunCommand;
}

/**
 * The manager of this operating system.
 * @param configPath the file with the secrets
 * @throws ExitError usage where there is none that is known
 */
export function serviceManager(host: ServiceHost, system: boolean, configPath: string): ServiceManager {
  const { platform, home, user, uid, env, run } = host;
  switch (platform) {
    case "linux": {
      const userUnits = join(env.XDG_CONFIG_HOME || join(home, ".config"), "systemd", "user");
      return new Systemd({ system, unitDir: system ? "/etc/systemd/system" : userUnits, uid, user, run });
    }
    case "darwin": {
      const library = system ? "/Library" : join(home, "Library");
      return new Launchd({
        system,
        plistDir: join(library, system ? "LaunchDaemons" : "LaunchAgents"),
        logDir: join(library, "Logs"),
        uid,
        run,
      });
    }
    case "win32":
      return new WindowsTasks({
        system,
        user: env.USERDOMAIN ? `${env.USERDOMAIN}\\${user}` : user,
        taskFile: `${configPath}.task.xml`,
        secretFiles: [configPath],
        run,
      });
    default:
      throw usageError(
        `There is no way to install a service on ${platform} yet. Start \`hotspot connect\` from its own.`,
      );
  }
}
