import type { Buffer } from "node:buffer";

/** What the programs of the benchmark need of an HTTP/1.1 head. They trust their peer: it is one of ours, or nginx. */
export interface Head {
  readonly startLine: string;
  /** Names in lower case; of a repeated one the last. */
  readonly fields: ReadonlyMap<string, string>;
  /** Bytes of the head with its empty line. */
  readonly length: number;
}

/** Reads a head off the front of what came so far; null when it is not all there. */
export function readHead(bytes: Buffer): Head | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [startLine = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { startLine, fields: new Map(fields), length: end + 4 };
}

/** A request head. */
export function requestHead(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const host = "Host" in headers ? "" : "Host: 127.0.0.1\r\n";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${host}${lines.join("")}\r\n`;
}
