import type { Output } from "../view/reporter.ts";

/** What a command may touch of the process, so that a test can give it something else. */
export interface CommandContext extends Output {
  env: Record<string, string | undefined>;
  cwd: string;
  /** How to start this program again: the executable, or a runtime and the file it runs. */
  program: readonly [string, ...string[]];
  /** Null when stdout is no terminal. */
  terminal: { write(text: string): unknown; columns?: number; rows?: number } | null;
  /** Resolves at the first request to stop, by a signal or by the end of the program that started us. */
  stopRequested: Promise<void>;
  /** Called for SIGHUP of a program without a terminal; without a listener that signal stops it. */
  onReload(listener: () => void): void;
}
