import type { LoggedRequest } from "../portal/client.ts";
import { formatBytes, formatDuration, formatTime, printable } from "./format.ts";

/** `14:05:09 POST /v1/chat/completions 200 1.5 s 12 KB 31+118 tokens` */
export function logLine(request: LoggedRequest, withSlug: boolean): string {
  const { tokens, errorCode } = request;
  const parts = [
    formatTime(request.startedAt),
    ...(withSlug && request.slug ? [request.slug] : []),
    printable(request.method),
    printable(request.path),
    String(request.status),
    formatDuration(request.durationMs),
    formatBytes(request.bytesOut),
    ...(tokens && tokens.source !== "none" ? [`${tokens.input}+${tokens.output} tokens`] : []),
    ...(errorCode ? [errorCode] : []),
  ];
  return parts.join(" ");
}
