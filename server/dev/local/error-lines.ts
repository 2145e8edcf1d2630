import { warn } from "./console.ts";

/** The same message of the same program is not repeated on the console for so long. */
const QUIET_MS = 30_000;

/**
 * Shows on the console what a program logs as an error, one line each; the rest is in its log file.
 *
 * @param logPathOf where to look for more
 */
export function createErrorLines(logPathOf: (name: string) => string) {
  const shownAt = new Map<string, number>();
  return (name: string, line: string): void => {
    const text = errorIn(line);
    if (!text) return;
    const key = `${name} ${text}`;
    const now = Date.now();
    if (now - (shownAt.get(key) ?? 0) < QUIET_MS) return;
    shownAt.set(key, now);
    warn(`${name}: ${text} (${logPathOf(name)})`);
  };
}

/** The message of a pino line of level error or fatal; null for anything else. */
function errorIn(line: string): string | null {
  if (!line.startsWith("{")) return null;
  let entry: { level?: unknown; msg?: unknown; err?: { message?: unknown }; error?: { message?: unknown } };
  try {
    entry = JSON.parse(line);
  } catch {
    // A cut or foreign line; it is in the log file.
    return null;
  }
  if (!["error", "fatal", 50, 60].includes(entry.level as string | number)) return null;
  const cause = entry.err?.message ?? entry.error?.message;
  return cause ? `${entry.msg}: ${cause}` : String(entry.msg);
}
