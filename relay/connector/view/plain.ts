import { formatBytes, formatDuration, formatStatus, formatTime, printable } from "./format.ts";
import type { Output, Reporter } from "./reporter.ts";

/**
 * Lines of finished requests are gathered for this long: at thousands a second a write for each would cost more than
 * the request itself, ms.
 */
const GATHER_MS = 25;

/** For a pipe or a log: `live …` and one line per request on stdout, everything else on stderr. */
export function createPlainReporter(output: Output, now: () => Date = () => new Date()): Reporter {
  let lastUp: number | null = null;
  let lines = "";
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    timer = null;
    if (lines !== "") output.stdout(lines);
    lines = "";
  };
  return {
    live(publicUrl, upstream) {
      output.stdout(`live ${publicUrl} -> ${upstream}\n`);
    },
    links(up, wanted) {
      if (lastUp !== null && up !== lastUp) {
        output.stderr(up === 0 ? "offline: no link to the relay\n" : `online: ${up} of ${wanted} links\n`);
      }
      lastUp = up;
    },
    request(record) {
      const { method, path, durationMs, bytesOut } = record;
      const result = `${formatStatus(record)} ${formatDuration(durationMs)} ${formatBytes(bytesOut)}`;
      lines += `${formatTime(now())} ${method} ${printable(path)} ${result}\n`;
      timer ??= setTimeout(flush, GATHER_MS);
    },
    note(message) {
      output.stderr(`${message}\n`);
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      flush();
    },
  };
}
