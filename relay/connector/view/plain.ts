import { formatBytes, formatDuration, formatStatus, formatTime, printable } from "./format.ts";
import type { EndpointReporter, Output, Reporter } from "./reporter.ts";

/**
 * Lines of finished requests are gathered for this long: at thousands a second a write for each would cost more than
 * the request itself, ms.
 */
const GATHER_MS = 25;
/**
 * Lines of one gathering, so 1,000 a second: more is read by nobody, fills the disk by the gigabyte and takes the time of
 * the requests themselves. The others are counted; the portal's log has them all.
 */
const MAX_LINES = 25;

/**
 * For a pipe or a log: `live …` and a line per request on stdout (in a rush, of some of them), everything else on stderr.
 * With several endpoints each line about one of them begins with its name.
 */
export function createPlainReporter(output: Output, now: () => Date = () => new Date()): Reporter {
  const endpoints = new Map<string, EndpointReporter>();
  let lines = "";
  let listed = 0;
  let unlisted = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let second = Number.NaN;
  let time = "";
  // Taking a date apart costs more than the rest of a line.
  const timeOf = (date: Date) => {
    const its = Math.floor(date.getTime() / 1_000);
    if (its !== second) time = formatTime(date);
    second = its;
    return time;
  };
  const flush = () => {
    timer = null;
    if (unlisted > 0) lines += `${time} … and ${unlisted} more\n`;
    if (lines !== "") output.stdout(lines);
    lines = "";
    listed = 0;
    unlisted = 0;
  };
  const several = () => endpoints.size > 1;

  function createEndpoint(slug: string): EndpointReporter {
    let lastUp: number | null = null;
    const say = (message: string) => output.stderr(`${several() ? `${slug}: ` : ""}${message}\n`);
    return {
      live(publicUrl, upstream) {
        output.stdout(`live ${publicUrl} -> ${upstream}\n`);
      },
      tcp(publicAddress, target) {
        output.stdout(`live ${publicAddress} -> ${target}\n`);
      },
      links(up, wanted) {
        if (lastUp !== null && up !== lastUp) {
          say(up === 0 ? "offline: no link to the relay" : `online: ${up} of ${wanted} links`);
        }
        lastUp = up;
      },
      request(record) {
        // What failed is listed always.
        if (listed >= MAX_LINES && record.failure === null && record.status < 500) {
          unlisted++;
          return;
        }
        listed++;
        const { method, path, durationMs, bytesOut } = record;
        const result = `${formatStatus(record)} ${formatDuration(durationMs)} ${formatBytes(bytesOut)}`;
        lines += `${timeOf(now())} ${several() ? `${slug} ` : ""}${method} ${printable(path)} ${result}\n`;
        timer ??= setTimeout(flush, GATHER_MS);
      },
      note: say,
      gone() {
        endpoints.delete(slug);
      },
    };
  }

  return {
    endpoint(slug) {
      const known = endpoints.get(slug) ?? createEndpoint(slug);
      endpoints.set(slug, known);
      return known;
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
