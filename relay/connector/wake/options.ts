/** How a connector starts an upstream of its own machine, and stops it when nobody needs it. */
export interface WakeOptions {
  /** Run by the shell (`sh -c`, on Windows `cmd /c`); it may stay (a server) or end (`docker start llm`). */
  readonly command: string;
  /** It counts as failed when it is not ready by then, ms. */
  readonly startMs: number;
  /** Stopped after so long without a request, ms; 0: never. */
  readonly idleMs: number;
  /** Run to stop it; null: the process that `command` started is ended. */
  readonly stopCommand: string | null;
}
