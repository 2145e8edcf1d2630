import type { UsageRecord, UsageTokens } from "../../../server/usage/index.ts";

const VERSION = "2";
const FIELDS = 23;
const FIELDS_WITH_USAGE = 33;
/** Version 1 did not know the tunnel's time; journals of then may still have to be read. */
const BEFORE_TUNNEL_TIME = "1";
const TUNNEL_MS = 19;

/**
 * A record as the journal keeps it: fields separated by tabs. Written out rather than looped, and not JSON: it is on the
 * path of every request, and half as dear.
 */
export function encodeRecord(r: UsageRecord): string {
  const text = `${VERSION}\t${r.requestId}\t${r.tenantId}\t${r.endpointId}\t${r.accessKeyId ?? ""}\t${r.connectorId ?? ""}\t${r.relayId}\t${r.part}\t${r.final ? 1 : 0}\t${escapeText(r.method)}\t${escapeText(r.path)}\t${r.status}\t${r.bytesIn}\t${r.bytesOut}\t${r.startedAt}\t${r.endedAt}\t${r.durationMs}\t${r.queueMs}\t${r.upstreamMs}\t${r.tunnelMs ?? ""}\t${escapeText(r.clientAddress)}\t${r.errorCode ?? ""}${r.clientAborted ? "\t1" : "\t0"}${r.forwarded ? "\t1" : "\t0"}`;
  return r.usage === null ? text : text + encodeUsage(r.usage);
}

function encodeUsage(u: UsageTokens): string {
  return `\t${u.apiKind}\t${u.model === null ? "\\-" : escapeText(u.model)}\t${u.inputTokens}\t${u.cachedTokens}\t${u.cacheWriteTokens}\t${u.outputTokens}\t${u.reasoningTokens}\t${u.source}\t${u.status}\t${u.finishReason === null ? "\\-" : escapeText(u.finishReason)}`;
}

/** @throws when the text is no record of a version that we know */
export function decodeRecord(text: string): UsageRecord {
  const f = text.split("\t");
  if (f[0] === BEFORE_TUNNEL_TIME) {
    f[0] = VERSION;
    f.splice(TUNNEL_MS, 0, "");
  }
  if (f[0] !== VERSION || (f.length !== FIELDS + 1 && f.length !== FIELDS_WITH_USAGE + 1)) {
    throw new Error(`no usage record of version ${VERSION}: ${f.length} fields, version ${f[0]}`);
  }
  return {
    requestId: f[1]!,
    tenantId: f[2]!,
    endpointId: f[3]!,
    accessKeyId: f[4] || null,
    connectorId: f[5] || null,
    relayId: f[6]!,
    part: whole(f[7]),
    final: f[8] === "1",
    method: unescapeText(f[9]!),
    path: unescapeText(f[10]!),
    status: whole(f[11]),
    bytesIn: whole(f[12]),
    bytesOut: whole(f[13]),
    startedAt: whole(f[14]),
    endedAt: whole(f[15]),
    durationMs: whole(f[16]),
    queueMs: whole(f[17]),
    upstreamMs: whole(f[18]),
    tunnelMs: f[TUNNEL_MS] === "" ? null : whole(f[TUNNEL_MS]),
    clientAddress: unescapeText(f[20]!),
    errorCode: f[21] || null,
    clientAborted: f[22] === "1",
    forwarded: f[23] === "1",
    usage: f.length > FIELDS + 1 ? decodeUsage(f.slice(FIELDS + 1)) : null,
  };
}

function decodeUsage(f: string[]): UsageTokens {
  return {
    apiKind: f[0]!,
    model: nullable(f[1]!),
    inputTokens: whole(f[2]),
    cachedTokens: whole(f[3]),
    cacheWriteTokens: whole(f[4]),
    outputTokens: whole(f[5]),
    reasoningTokens: whole(f[6]),
    source: f[7] as UsageTokens["source"],
    status: f[8] as UsageTokens["status"],
    finishReason: nullable(f[9]!),
  };
}

function nullable(text: string): string | null {
  return text === "\\-" ? null : unescapeText(text);
}

function whole(text: string | undefined): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is no whole number`);
  return value;
}

function escapeText(text: string): string {
  if (!text.includes("\t") && !text.includes("\\")) return text;
  return text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t");
}

function unescapeText(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.)/g, (_, letter) => (letter === "t" ? "\t" : letter)) : text;
}
