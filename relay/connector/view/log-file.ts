import { closeSync, openSync, writeSync } from "node:fs";
import { usageError } from "../exit.ts";
import type { Output } from "./reporter.ts";

/** Both streams of the program, written to the end of one file that only its owner may read. */
export interface LogFile extends Output {
  /** Goes on in a new file of this name, after the old one has been moved away. */
  reopen(): void;
  close(): void;
}

/**
 * @param stamped each line begins with its time, for text that has none of its own
 * @throws ExitError usage: the file cannot be written
 */
export function openLogFile(path: string, stamped: boolean, now: () => Date = () => new Date()): LogFile {
  let file = open(path);
  const write = (text: string) => {
    const stamp = `${now().toISOString()} `;
    writeSync(file, stamped ? text.replace(/^(?=.)/gm, stamp) : text);
  };
  return {
    stdout: write,
    stderr: write,
    reopen() {
      const next = open(path);
      closeSync(file);
      file = next;
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(`The log file ${path} cannot be written (${code}). Check --log-file and its directory.`);
  }
}
