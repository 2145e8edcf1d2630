import type { Log } from "../upstream/log.ts";
import { createLog } from "../view/log.ts";
import { type LogFile, openLogFile } from "../view/log-file.ts";
import type { Output } from "../view/reporter.ts";
import type { HubOptions } from "./options.ts";

/** What a user, or a program, sees of a running hub. */
export interface HubOutput {
  /** The line on stdout when visitors get through. */
  live(publicUrl: string, serviceUrl: string): void;
  /** A sentence on stderr. */
  note(message: string): void;
  log: Log;
  /** Goes on in a new log file after the old one has been moved away. */
  reopen(): void;
  close(): void;
}

/** Plain lines, or JSON lines, to the process's streams or to the log file. @throws ExitError usage */
export function createHubOutput(
  { json, logFile }: Pick<HubOptions, "json" | "logFile">,
  env: Record<string, string | undefined>,
  streams: Output,
): HubOutput {
  const file: LogFile | null = logFile === null ? null : openLogFile(logFile, !json);
  const output = file ?? streams;
  const event = (name: string, fields: Record<string, unknown>) =>
    `${JSON.stringify({ event: name, time: new Date().toISOString(), ...fields })}\n`;
  return {
    live(publicUrl, serviceUrl) {
      output.stdout(
        json ? event("live", { publicUrl, upstream: serviceUrl }) : `live ${publicUrl} -> ${serviceUrl}\n`,
      );
    },
    note(message) {
      output.stderr(json ? event("note", { message }) : `${message}\n`);
    },
    log: createLog(json, env, output),
    reopen: () => file?.reopen(),
    close: () => file?.close(),
  };
}
