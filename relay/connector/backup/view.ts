import { formatBytes } from "../view/format.ts";
import type { Output } from "../view/reporter.ts";
import type { Progress } from "./repository.ts";

/** Without a terminal a line is written at each further part of so many per cent. */
const PLAIN_STEP = 10;

export interface ProgressView {
  progress(progress: Progress): void;
  /** Leaves the terminal's line free. */
  end(): void;
}

/** Where progress is shown. */
export interface ViewPlace extends Output {
  readonly terminal: { write(text: string): unknown } | null;
}

/** One line that is written over on a terminal, lines otherwise, JSON lines with `--json`. */
export function createProgressView(what: string, place: ViewPlace, json: boolean): ProgressView {
  if (json) {
    return {
      progress: (progress) =>
        place.stdout(
          `${JSON.stringify({ event: "progress", time: new Date().toISOString(), what, ...progress })}\n`,
        ),
      end: () => undefined,
    };
  }
  const text = ({ fraction, bytesDone }: Progress) =>
    `${what} ${Math.floor(fraction * 100)} %  ${formatBytes(bytesDone)}`;
  const { terminal } = place;
  if (terminal !== null) {
    let drawn = false;
    return {
      progress(progress) {
        drawn = true;
        terminal.write(`\r${text(progress)}\x1b[K`);
      },
      end() {
        if (drawn) terminal.write("\r\x1b[K");
      },
    };
  }
  let told = -1;
  return {
    progress(progress) {
      const step = Math.floor((progress.fraction * 100) / PLAIN_STEP);
      if (step <= told) return;
      told = step;
      place.stderr(`${text(progress)}\n`);
    },
    end: () => undefined,
  };
}
