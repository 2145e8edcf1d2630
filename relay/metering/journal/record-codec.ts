import { fromCopyField as fromCopy } from "../../../db/client.ts";
import { REQUEST_LINE_COLUMNS } from "../../../server/requests/index.ts";
import type { UsageRecord, UsageTokens } from "../../../server/usage/index.ts";
import { decodeEarlier } from "./earlier-records.ts";
import { TextWriter } from "./text-writer.ts";

const VERSION = "3";
/** Version, part, final, has usage, aborted, ended at. */
const HEAD_FIELDS = 6;
const LINE_FIELDS = REQUEST_LINE_COLUMNS.length;
const USAGE_FIELDS = 10;

/** How the payload of a whole request without tokens begins. */
export const PLAIN = Buffer.from("3\t0\t1\t0\t");
/** Time, status, bytes in and out, duration and whether it was forwarded come first, as they are what is summed up. */
const HEAD_AND_NUMBERS_BYTES = 256;

/**
 * The most that `encodeRecord` writes for a record.
 * @returns bytes
 */
export function mostBytes(r: UsageRecord): number {
  const { usage } = r;
  const characters =
    r.requestId.length +
    r.tenantId.length +
    r.endpointId.length +
    (r.accessKeyId?.length ?? 0) +
    (r.connectorId?.length ?? 0) +
    r.relayId.length +
    r.method.length +
    r.path.length +
    r.clientAddress.length +
    (r.errorCode?.length ?? 0) +
    (usage === null ? 0 : 200 + (usage.model?.length ?? 0) + (usage.finishReason?.length ?? 0));
  // Three bytes of UTF-8 for a character, or two for one that is escaped.
  return HEAD_AND_NUMBERS_BYTES + 3 * characters;
}

/** Tenant, endpoint, key, connector and relay as they were written last: with few busy endpoints, mostly the same again. */
const lastOwner = {
  tenantId: "",
  endpointId: "",
  accessKeyId: null as string | null,
  connectorId: null as string | null,
  relayId: "",
  bytes: Buffer.alloc(0),
};
const writer = new TextWriter();

/**
 * Writes a record as the journal keeps it: fields of its own, then a line of the request log as Postgres takes it
 * (`REQUEST_LINE_COLUMNS`), so that the hand-over of a plain request is a copy of bytes; then its tokens. Written out
 * by hand rather than as a string: it is on the path of every request.
 * @param target has room for `mostBytes`
 * @returns the offset after it
 */
export function encodeRecord(r: UsageRecord, target: Buffer, at: number): number {
  const { usage } = r;
  const w = writer.start(target, at);
  if (r.part === 0 && r.final && usage === null) w.bytes(PLAIN);
  else
    w.text(VERSION)
      .tab()
      .whole(r.part)
      .tab()
      .flag(r.final)
      .tab()
      .flag(usage !== null)
      .tab();
  w.flag(r.clientAborted).tab().whole(r.endedAt).tab();
  w.time(r.startedAt).tab().whole(r.status).tab().whole(r.bytesIn).tab().whole(r.bytesOut).tab();
  w.whole(r.durationMs)
    .tab()
    .text(r.forwarded ? "t" : "f")
    .tab();
  w.bytes(ownerOf(r));
  w.text(r.requestId).tab().text(r.method).tab().text(r.path).tab();
  w.whole(r.queueMs).tab().whole(r.upstreamMs).tab().whole(r.tunnelMs).tab();
  w.text(r.clientAddress).tab().text(r.errorCode);
  if (usage !== null) {
    w.tab().text(usage.apiKind).tab().text(usage.model);
    w.tab().whole(usage.inputTokens).tab().whole(usage.cachedTokens).tab().whole(usage.cacheWriteTokens);
    w.tab().whole(usage.outputTokens).tab().whole(usage.reasoningTokens);
    w.tab().text(usage.source).tab().text(usage.status).tab().text(usage.finishReason);
  }
  return w.newline().end;
}

function ownerOf(r: UsageRecord): Buffer {
  const last = lastOwner;
  if (
    last.endpointId !== r.endpointId ||
    last.accessKeyId !== r.accessKeyId ||
    last.connectorId !== r.connectorId ||
    last.tenantId !== r.tenantId ||
    last.relayId !== r.relayId
  ) {
    const { tenantId, endpointId, accessKeyId, connectorId, relayId } = r;
    const target = Buffer.alloc(mostBytes(r));
    const w = new TextWriter().start(target, 0);
    w.text(tenantId).tab().text(endpointId).tab().text(accessKeyId).tab().text(connectorId).tab();
    const { end } = w.text(relayId).tab();
    Object.assign(last, { tenantId, endpointId, accessKeyId, connectorId, relayId });
    last.bytes = target.subarray(0, end);
  }
  return last.bytes;
}

/** @throws when the text is no record of a version that we know */
export function decodeRecord(text: string): UsageRecord {
  const f = text.split("\t");
  if (f[0] === "1" || f[0] === "2") return decodeEarlier(f);
  const fields = HEAD_FIELDS + LINE_FIELDS;
  if (
    f[0] !== VERSION ||
    (f.length !== fields && f.length !== fields + USAGE_FIELDS) ||
    !text.endsWith("\n")
  ) {
    throw new Error(`no usage record of version ${VERSION}: ${f.length} fields, version ${f[0]}`);
  }
  f[f.length - 1] = f[f.length - 1]!.slice(0, -1);
  return {
    requestId: required(f[17]),
    tenantId: required(f[12]),
    endpointId: required(f[13]),
    accessKeyId: fromCopy(f[14]!),
    connectorId: fromCopy(f[15]!),
    relayId: required(f[16]),
    part: whole(f[1]),
    final: f[2] === "1",
    method: required(f[18]),
    path: required(f[19]),
    status: whole(f[7]),
    bytesIn: whole(f[8]),
    bytesOut: whole(f[9]),
    startedAt: whole(String(Date.parse(f[6]!))),
    endedAt: whole(f[5]),
    durationMs: whole(f[10]),
    queueMs: whole(f[20]),
    upstreamMs: whole(f[21]),
    tunnelMs: f[22] === "\\N" ? null : whole(f[22]),
    clientAddress: required(f[23]),
    errorCode: fromCopy(f[24]!),
    clientAborted: f[4] === "1",
    forwarded: f[11] === "t",
    usage: f[3] === "1" ? decodeUsage(f.slice(fields).map(fromCopy)) : null,
  };
}

function decodeUsage(f: (string | null)[]): UsageTokens {
  return {
    apiKind: f[0]!,
    model: f[1]!,
    inputTokens: whole(f[2]),
    cachedTokens: whole(f[3]),
    cacheWriteTokens: whole(f[4]),
    outputTokens: whole(f[5]),
    reasoningTokens: whole(f[6]),
    source: f[7] as UsageTokens["source"],
    status: f[8] as UsageTokens["status"],
    finishReason: f[9]!,
  };
}

function required(field: string | null | undefined): string {
  const text = field == null ? null : fromCopy(field);
  if (text === null) throw new Error("a field of a usage record is missing");
  return text;
}

function whole(text: string | null | undefined): number {
  const value = text == null || text === "" ? Number.NaN : Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is no whole number`);
  return value;
}
