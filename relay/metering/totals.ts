import type { TokenUsage } from "./token-usage.ts";

/** One finished request on a tenant host. All numbers are integers; times in milliseconds. */
export interface RequestRecord {
  requestId: string;
  /** Null, with the next four, when the host name led to no endpoint. */
  tenantId: string | null;
  endpointId: string | null;
  slug: string | null;
  accessKeyId: string | null;
  connectorId: string | null;
  method: string;
  /** Without the query; at most 2,048 characters. */
  path: string;
  /** As sent to the client; 499 when it went away before; 101 for an upgrade. */
  status: number;
  /** Body bytes as the client sent them, without framing; raw bytes after an upgrade. */
  bytesIn: number;
  bytesOut: number;
  /** Epoch. */
  startedAt: number;
  durationMs: number;
  /** From the request head until a tunnel took the stream: route, key, parking. */
  queueMs: number;
  /** From then until the response head, without what the tunnel took. 0 when none came. */
  upstreamMs: number;
  /** The tunnel's part of that wait; null when the connector does not tell. */
  tunnelMs: number | null;
  clientAddress: string;
  /** A code of `errors.ts`, null when the upstream's answer was delivered whole. */
  errorCode: string | null;
  clientAborted: boolean;
  /** It was handed to an upstream; if not, we answered it ourselves, and it costs nothing. */
  forwarded: boolean;
  /** null when it was no LLM request, or its endpoint has the counting of tokens switched off. */
  usage: TokenUsage | null;
}

/** Upper bounds of the duration histogram, ms. */
export const DURATION_BUCKETS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
];

/** Sums since the start of the process: plain additions on the request path, read by `/metrics`. */
export class Totals {
  /** Requests to models by who told their tokens: a jump of `estimated` or `none` means that an upstream has changed. */
  readonly byUsageSource = new Map<string, number>();
  /** By first digit of the status. */
  readonly byStatusClass = new Float64Array(6);
  /** One more than the bounds: the last is everything above them. */
  readonly byDuration = new Float64Array(DURATION_BUCKETS_MS.length + 1);
  readonly byError = new Map<string, number>();
  bytesIn = 0;
  bytesOut = 0;
  durationMs = 0;
  /** Of `durationMs`: before a tunnel took the request, in the tunnel, at the upstream; the rest is transfer. */
  queueMs = 0;
  tunnelMs = 0;
  upstreamMs = 0;
  requests = 0;
  aborted = 0;

  add(record: RequestRecord): void {
    const { status, durationMs, errorCode } = record;
    this.requests++;
    this.byStatusClass[Math.min(5, Math.max(0, Math.trunc(status / 100)))]! += 1;
    this.bytesIn += record.bytesIn;
    this.bytesOut += record.bytesOut;
    this.durationMs += durationMs;
    this.queueMs += record.queueMs;
    this.upstreamMs += record.upstreamMs;
    if (record.tunnelMs !== null) this.tunnelMs += record.tunnelMs;
    let bucket = 0;
    while (bucket < DURATION_BUCKETS_MS.length && durationMs > DURATION_BUCKETS_MS[bucket]!) bucket++;
    this.byDuration[bucket]! += 1;
    if (record.clientAborted) this.aborted++;
    if (record.usage !== null) {
      const { source } = record.usage;
      this.byUsageSource.set(source, (this.byUsageSource.get(source) ?? 0) + 1);
    }
    if (errorCode !== null) this.byError.set(errorCode, (this.byError.get(errorCode) ?? 0) + 1);
  }
}
