import type { ExchangeRecord } from "../upstream/dispatcher.ts";
import { clip, formatBytes, formatDuration, formatStatus, formatTime, printable } from "./format.ts";
import type { EndpointReporter, Reporter } from "./reporter.ts";

/** The parts of a terminal's stdout that are used. */
export interface Terminal {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

export interface LiveViewOptions {
  terminal: Terminal;
  /** Round trip to the relay, ms, asked for at each drawing. */
  latencyMs(): number | null;
  colors: boolean;
  now?: () => Date;
  /** Runs a task after a moment and returns how to cancel it; a test's own clock. */
  schedule?: (task: () => void, delayMs: number) => () => void;
}

/** At most this often is drawn, ms. */
const FRAME_MS = 60;
const REQUESTS = 15;
const csi = "\x1b[";
const hideCursor = `${csi}?25l`;
const showCursor = `${csi}?25h`;
const clearLine = `${csi}K`;
const clearBelow = `${csi}J`;

interface Row {
  time: string;
  slug: string;
  record: ExchangeRecord;
}

/** One endpoint as it is drawn. */
interface Shown {
  publicUrl: string;
  upstream: string;
  /** Of its TCP tunnels. */
  tunnels: string[];
  up: number;
  wanted: number;
}

/**
 * For a terminal: a block at the bottom that is drawn over itself. Each line is overwritten, then cleared to its end,
 * and all of it leaves in one write, so that nothing flickers. The screen above it is left alone.
 */
export function createLiveReporter(options: LiveViewOptions): Reporter {
  const { terminal, latencyMs, colors } = options;
  const now = options.now ?? (() => new Date());
  const schedule =
    options.schedule ??
    ((task, delayMs) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    });
  const rows: Row[] = [];
  const shown = new Map<string, Shown>();
  const reporters = new Map<string, EndpointReporter>();
  let total = 0;
  let notice = "";
  let drawnLines = 0;
  let cancelFrame: (() => void) | null = null;
  let live = false;
  let closed = false;

  const paint = (code: number, text: string) => (colors ? `${csi}${code}m${text}${csi}0m` : text);

  function lines(): string[] {
    const width = Math.max(20, terminal.columns ?? 80) - 1;
    const endpoints = [...shown.values()];
    const head = [
      "",
      ...(endpoints.length === 1 ? [...single(endpoints[0]!, width)] : list(endpoints, width)),
      notice === "" ? "" : `  ${paint(33, clip(printable(notice), width - 2))}`,
      `  ${paint(2, clip(total === 0 ? "No requests yet. Ctrl-C stops." : `${total} requests. Ctrl-C stops.`, width - 2))}`,
    ];
    const room = Math.max(1, Math.min(REQUESTS, (terminal.rows ?? 24) - head.length - 2));
    return [...head, ...rows.slice(-room).map((row) => requestLine(row, width))];
  }

  const state = ({ up }: Shown) => (up > 0 ? paint(32, "online") : paint(33, "connecting"));

  function single(endpoint: Shown, width: number): string[] {
    const latency = latencyMs();
    const detail = [
      `${endpoint.up} of ${endpoint.wanted} links`,
      ...(latency === null ? [] : [formatDuration(latency)]),
    ];
    return [
      `  ${paint(1, clip(endpoint.publicUrl, width - 2))}`,
      `  ${clip(`-> ${endpoint.upstream}`, width - 2)}`,
      ...endpoint.tunnels.map((tunnel) => `  ${clip(tunnel, width - 2)}`),
      `  ${state(endpoint)}  ${clip(detail.join(", "), width - 14)}`,
    ];
  }

  /** One line each, as many as leave room for requests. */
  function list(endpoints: Shown[], width: number): string[] {
    const room = Math.max(1, Math.floor((terminal.rows ?? 24) / 2) - 3);
    const lines = endpoints
      .slice(0, room)
      .map(
        (endpoint) =>
          `  ${state(endpoint)}${endpoint.up > 0 ? "    " : ""}  ${clip(`${endpoint.publicUrl} -> ${endpoint.upstream}`, width - 14)}`,
      );
    const more = endpoints.length - lines.length;
    return more > 0 ? [...lines, `  and ${more} more`] : lines;
  }

  function requestLine({ time, slug, record }: Row, width: number): string {
    const status = formatStatus(record);
    const end = `${formatDuration(record.durationMs).padStart(9)} ${formatBytes(record.bytesOut).padStart(7)}`;
    const name = shown.size > 1 ? `${clip(slug, 12).padEnd(12)} ` : "";
    const start = `  ${time} ${name}${record.method.padEnd(6)} `;
    const room = width - start.length - status.length - end.length - 2;
    if (room < 5) return clip(`${start}${printable(record.path)} ${status}`, width);
    const path = clip(printable(record.path), room).padEnd(room);
    const color = record.failure !== null || record.status >= 500 ? 31 : record.status >= 400 ? 33 : 32;
    return `${start}${path} ${paint(color, status)} ${end}`;
  }

  function draw(): void {
    cancelFrame = null;
    if (closed) return;
    const next = lines();
    const up = drawnLines > 0 ? `${csi}${drawnLines}F` : "";
    const body = next.map((line) => `${line}${clearLine}\n`).join("");
    terminal.write(`${hideCursor}${up}${body}${clearBelow}`);
    drawnLines = next.length;
  }

  function redraw(): void {
    if (live && !closed) cancelFrame ??= schedule(draw, FRAME_MS);
  }

  function createEndpoint(slug: string): EndpointReporter {
    let links = { up: 0, wanted: 0 };
    function appear(address: string, target: string): void {
      if (drawnLines > 0) erase();
      terminal.write(`live ${address} -> ${target}\n`);
      live = true;
      draw();
    }
    return {
      live(publicUrl, upstream) {
        shown.set(slug, { publicUrl, upstream, tunnels: shown.get(slug)?.tunnels ?? [], ...links });
        appear(publicUrl, upstream);
      },
      tcp(publicAddress, target) {
        const entry = shown.get(slug);
        if (entry === undefined) {
          shown.set(slug, { publicUrl: publicAddress, upstream: target, tunnels: [], ...links });
        } else {
          entry.tunnels.push(`${publicAddress} -> ${target}`);
        }
        appear(publicAddress, target);
      },
      links(up, wanted) {
        links = { up, wanted };
        const entry = shown.get(slug);
        if (entry !== undefined) Object.assign(entry, links);
        if (up > 0) notice = "";
        redraw();
      },
      request(record) {
        total++;
        rows.push({ time: formatTime(now()), slug, record });
        if (rows.length > REQUESTS) rows.shift();
        redraw();
      },
      note: (message) => note(reporters.size > 1 ? `${slug}: ${message}` : message),
      gone() {
        shown.delete(slug);
        reporters.delete(slug);
        redraw();
      },
    };
  }

  /** Takes the block away, so that a line can be written where it began. */
  function erase(): void {
    terminal.write(`${csi}${drawnLines}F${clearBelow}`);
    drawnLines = 0;
  }

  function note(message: string): void {
    if (live) notice = message;
    else terminal.write(`${message}\n`);
    redraw();
  }

  return {
    endpoint(slug) {
      const known = reporters.get(slug) ?? createEndpoint(slug);
      reporters.set(slug, known);
      return known;
    },
    note,
    close() {
      if (closed) return;
      cancelFrame?.();
      if (live) {
        draw();
        terminal.write(showCursor);
      }
      closed = true;
    },
  };
}
