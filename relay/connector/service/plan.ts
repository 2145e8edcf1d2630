import { ExitCode, usageError } from "../exit.ts";

/** A service to be installed, without secrets: those are in the config file. */
export interface ServicePlan {
  /** Name of unit, agent or task. */
  name: string;
  /** Program and its arguments, each as the program is to get it. */
  argv: readonly [string, ...string[]];
  /** The commands of `wake` may need any right: without one, the service gives up some. */
  runsCommands: boolean;
}

/** What a user is told of an installed service. */
export interface ServiceStatus {
  installed: boolean;
  running: boolean;
  startsAtBoot: boolean;
  /** In the words of the system's own manager. */
  detail: string;
}

/** The service manager of one operating system. */
export interface ServiceManager {
  /** @throws ExitError usage: not as this user */
  requireRights(verb: "install" | "uninstall"): void;
  /** Writes what is needed and starts it, replacing an older one. @returns notes for the user */
  install(plan: ServicePlan): Promise<string[]>;
  /** Stops and removes it; no error when it is not there. @returns notes for the user */
  uninstall(name: string): Promise<string[]>;
  status(name: string): Promise<ServiceStatus>;
}

/** Seconds that running streams have when the service is stopped, and a little more. */
export const STOP_SECONDS = 15;
/** Seconds before it is started again after a failure. */
export const RESTART_SECONDS = 5;
/** A restart would not change these. */
export const FATAL_EXIT_CODES: readonly ExitCode[] = [
  ExitCode.usage,
  ExitCode.refused,
  ExitCode.notFound,
  ExitCode.suspended,
];

/**
 * Neither of the three formats can hold a control character in a value, and no sane path has one.
 * @throws ExitError usage
 */
export function refuseControlCharacters({ argv }: ServicePlan): void {
  for (const value of argv) {
    if (/[\p{Cc}\ufffe\uffff]|\p{Cs}/u.test(value)) {
      throw usageError(
        `${JSON.stringify(value)} cannot be part of a service. Use a path without control characters.`,
      );
    }
  }
}
