import type { ExchangeRecord } from "../upstream/dispatcher.ts";

const units = ["B", "KB", "MB", "GB", "TB"];

/** `512 B`, `1.5 KB`, `23 MB`; decimal units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `0.4 ms`, `12 ms`, `1.5 s`, `2:05 min`. */
export function formatDuration(ms: number): string {
  if (ms < 9.95) {
    const tenths = Math.round(ms * 10);
    return `${Math.floor(tenths / 10)}.${tenths % 10} ms`;
  }
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
}

/** `14:05:09`, local time. */
export function formatTime(date: Date): string {
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Text of others, safe for a terminal: no control characters, and nothing that turns the writing direction. */
export function printable(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

/** Fits `text` into `width` columns. */
export function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? "" : `${text.slice(0, width - 1)}…`;
}

/** The status, or in a word why there is none. */
export function formatStatus(record: ExchangeRecord): string {
  if (record.failure === null) return record.method === "TCP" ? "closed" : String(record.status);
  const words = [
    "cancelled",
    "unreachable",
    "timeout",
    "reset",
    "bad response",
    "refused",
    "flow",
    "fault",
    "too large",
  ];
  const word = words[record.failure.code] ?? "failed";
  return record.status === 0 ? word : `${record.status} ${word}`;
}
