import { formatBytes, formatDuration, formatStatus, formatTime, printable } from "./format.ts";
import type { Output, Reporter } from "./reporter.ts";

/** For a pipe or a log: `live …` and one line per request on stdout, everything else on stderr. */
export function createPlainReporter(output: Output, now: () => Date = () => new Date()): Reporter {
  let lastUp: number | null = null;
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
      const fields = [
        formatTime(now()),
        record.method,
        printable(record.path),
        formatStatus(record),
        formatDuration(record.durationMs),
        formatBytes(record.bytesOut),
      ];
      output.stdout(`${fields.join(" ")}\n`);
    },
    note(message) {
      output.stderr(`${message}\n`);
    },
    close() {},
  };
}
