import type { UsageRecord, UsageTokens } from "../../../server/usage/index.ts";

/** Journals of relays before may still have to be read. */
const VERSION = "2";
const FIELDS = 23;
const FIELDS_WITH_USAGE = 33;
/** Version 1 did not know the tunnel's time. */
const BEFORE_TUNNEL_TIME = "1";
const TUNNEL_MS = 19;

/**
 * Reads the records of versions 1 and 2.
 * @param fields what stands between the tabs, the version first
 * @throws when they are no such record
 */
export function decodeEarlier(fields: readonly string[]): UsageRecord {
  const f = [...fields];
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

function unescapeText(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.)/g, (_, letter) => (letter === "t" ? "\t" : letter)) : text;
}
