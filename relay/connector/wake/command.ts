import { type ChildProcess, spawn } from "node:child_process";

/** Lines of the command's output that are kept to say why it failed. */
const KEPT_OUTPUT_BYTES = 2_000;
/** A process that does not end by itself when asked has so long, ms. */
const KILL_AFTER_MS = 10_000;

const isWindows = process.platform === "win32";

/** One run of a command of the user, with all that it starts. */
export class RunningCommand {
  /** Its exit code once it has ended; -1 when a signal ended it or it could not be started. */
  readonly ended: Promise<number>;
  private output = "";
  private readonly child: ChildProcess;
  private isOver = false;

  /**
   * @param command for the shell: the user wrote it, in a file or on a command line of their own
   * @param env instead of this process's own
   */
  constructor(command: string, onOutput: (text: string) => void, env?: Record<string, string | undefined>) {
    // A group of its own, so that ending it ends what the shell has started as well.
    this.child = spawn(command, {
      shell: true,
      detached: !isWindows,
      stdio: ["ignore", "pipe", "pipe"],
      ...(env && { env: env as NodeJS.ProcessEnv }),
    });
    const keep = (chunk: Buffer) => {
      const text = chunk.toString();
      this.output = (this.output + text).slice(-KEPT_OUTPUT_BYTES);
      onOutput(text);
    };
    this.child.stdout?.on("data", keep);
    this.child.stderr?.on("data", keep);
    this.ended = new Promise((resolve) => {
      const over = (code: number | null) => {
        this.isOver = true;
        resolve(code ?? -1);
      };
      this.child.once("error", (error) => {
        this.output = error.message;
        over(-1);
      });
      // Not "close": what it left behind may hold its output open.
      this.child.once("exit", over);
    });
  }

  /** The last line that it wrote, for people; empty when it wrote nothing. */
  get lastLine(): string {
    return this.output.trimEnd().split("\n").at(-1)?.trim().slice(0, 200) ?? "";
  }

  /** Ends it and all that it started, by force after a while. Resolves when its first process has ended. */
  async stop(): Promise<void> {
    if (this.isOver) return;
    this.signal("SIGTERM");
    const force = setTimeout(() => this.signal("SIGKILL"), KILL_AFTER_MS);
    await this.ended;
    clearTimeout(force);
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    if (isWindows) {
      spawn("taskkill", ["/pid", String(pid), "/T", ...(signal === "SIGKILL" ? ["/F"] : [])]);
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // Gone meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
