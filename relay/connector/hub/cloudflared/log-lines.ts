import type { Log } from "../../upstream/log.ts";

/** A line longer than this is cut: nobody reads on, and memory is not the program's to fill. */
const MAX_LINE = 2_000;

const levels = { DBG: "debug", INF: "info", WRN: "warn", ERR: "error", FTL: "error", PNC: "error" } as const;

/**
 * Reads what cloudflared writes, `2026-11-20T09:30:00Z INF Registered tunnel connection connIndex=0 …`, and hands each
 * line to our log.
 *
 * @param secrets texts that must not get into a log, whatever cloudflared does
 * @returns takes pieces as they come, cut anywhere
 */
export function createLogReader(log: Log, secrets: () => readonly string[]): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = `${rest}${chunk}`.split(/\r?\n/);
    rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) {
      if (line.trim() === "") continue;
      const { level, message } = readLine(clean(line, secrets()));
      log(level, "cloudflared", { message });
    }
  };
}

/** Level and text of a line; one without a level is worth a warning, since it is what a program says that breaks. */
export function readLine(line: string): { level: "debug" | "info" | "warn" | "error"; message: string } {
  const match = /^\S+Z (DBG|INF|WRN|ERR|FTL|PNC) (.*)$/.exec(line);
  if (match === null) return { level: "warn", message: line.slice(0, MAX_LINE) };
  return { level: levels[match[1] as keyof typeof levels], message: match[2]!.slice(0, MAX_LINE) };
}

function clean(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => (secret === "" ? text : text.replaceAll(secret, "[secret]")), line);
}
