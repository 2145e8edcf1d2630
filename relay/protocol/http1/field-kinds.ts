import { ascii, equalsIgnoreCase, LOWER } from "./characters.ts";

/** The field names that somebody here acts on. All others are `other` and pass untouched. */
export const FieldKind = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  keepAlive: 5,
  te: 6,
  trailer: 7,
  upgrade: 8,
  expect: 9,
  /** Any `Proxy-*`. */
  proxy: 10,
  http2Settings: 11,
  xForwardedFor: 12,
  xForwardedProto: 13,
  xForwardedHost: 14,
  /** Any other `X-Forwarded-*`. */
  xForwardedOther: 15,
  forwarded: 16,
  via: 17,
  xRealIp: 18,
  /** Any `X-Hotspot-*` or `Hotspot-*`: ours, never believed from outside. */
  hotspot: 19,
  authorization: 20,
  /** `X-Api-Key` or `Api-Key`. */
  apiKey: 21,
  cookie: 22,
  setCookie: 23,
  accept: 24,
  userAgent: 25,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

const names: Record<string, FieldKind> = {
  host: FieldKind.host,
  "content-length": FieldKind.contentLength,
  "transfer-encoding": FieldKind.transferEncoding,
  connection: FieldKind.connection,
  "keep-alive": FieldKind.keepAlive,
  te: FieldKind.te,
  trailer: FieldKind.trailer,
  upgrade: FieldKind.upgrade,
  expect: FieldKind.expect,
  "http2-settings": FieldKind.http2Settings,
  forwarded: FieldKind.forwarded,
  via: FieldKind.via,
  authorization: FieldKind.authorization,
  "x-api-key": FieldKind.apiKey,
  "api-key": FieldKind.apiKey,
  cookie: FieldKind.cookie,
  "set-cookie": FieldKind.setCookie,
  accept: FieldKind.accept,
  "user-agent": FieldKind.userAgent,
};

interface Known {
  readonly name: Uint8Array;
  readonly last: number;
  readonly kind: FieldKind;
}
const byLength: Known[][] = Array.from({ length: 32 }, () => []);
for (const [name, kind] of Object.entries(names)) {
  byLength[name.length].push({ name: ascii(name), last: name.charCodeAt(name.length - 1), kind });
}

const proxy = ascii("proxy-");
const xRealIp = ascii("x-real-ip");
const xForwarded = ascii("x-forwarded-");
const xHotspot = ascii("x-hotspot-");
const hotspot = ascii("hotspot-");
const suffixes: [Uint8Array, FieldKind][] = [
  [ascii("for"), FieldKind.xForwardedFor],
  [ascii("proto"), FieldKind.xForwardedProto],
  [ascii("host"), FieldKind.xForwardedHost],
];

const LETTER_H = 104;
const LETTER_P = 112;
const LETTER_X = 120;
const HYPHEN = 45;
const UNDERSCORE = 95;

/** What a field name means here. Compares without case. */
export function fieldKind(bytes: Uint8Array, start: number, end: number): FieldKind {
  const length = end - start;
  const first = LOWER[bytes[start]];
  if (first === LETTER_X || first === LETTER_P || first === LETTER_H) {
    const kind = prefixedKind(bytes, start, end, first);
    if (kind !== FieldKind.other) return kind;
  }
  if (length >= byLength.length) return FieldKind.other;
  const known = byLength[length];
  if (known.length === 0) return FieldKind.other;
  const last = LOWER[bytes[end - 1]];
  for (let i = 0; i < known.length; i++) {
    const candidate = known[i];
    if (candidate.last === last && equalsIgnoreCase(bytes, start, end, candidate.name)) return candidate.kind;
  }
  return FieldKind.other;
}

function prefixedKind(bytes: Uint8Array, start: number, end: number, first: number): FieldKind {
  if (first === LETTER_P) return startsWith(bytes, start, end, proxy) ? FieldKind.proxy : FieldKind.other;
  if (first === LETTER_H) {
    return startsWith(bytes, start, end, hotspot) ? FieldKind.hotspot : FieldKind.other;
  }
  if (startsWith(bytes, start, end, xHotspot)) return FieldKind.hotspot;
  if (end - start === xRealIp.length && startsWith(bytes, start, end, xRealIp)) return FieldKind.xRealIp;
  if (!startsWith(bytes, start, end, xForwarded)) return FieldKind.other;
  for (const [suffix, kind] of suffixes) {
    if (equalsIgnoreCase(bytes, start + xForwarded.length, end, suffix)) return kind;
  }
  return FieldKind.xForwardedOther;
}

/** `_` counts as `-`: CGI-style upstreams see both as one name, so a spelling with `_` must not slip past. */
function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    const b = bytes[start + i];
    if ((b === UNDERSCORE ? HYPHEN : LOWER[b]) !== prefix[i]) return false;
  }
  return true;
}

const hopByHop = new Uint8Array(32);
for (const kind of [
  FieldKind.connection,
  FieldKind.keepAlive,
  FieldKind.te,
  FieldKind.upgrade,
  FieldKind.proxy,
  FieldKind.http2Settings,
]) {
  hopByHop[kind] = 1;
}

/** Fields of one connection only (RFC 9110 section 7.6.1); framing fields are not among them: framing rewrites those. */
export function isHopByHop(kind: number): boolean {
  return hopByHop[kind] === 1;
}

const refusedInTrailers = new Uint8Array(32).fill(1);
for (const kind of [FieldKind.other, FieldKind.userAgent, FieldKind.accept]) refusedInTrailers[kind] = 0;

/** Fields that frame, route or authorise a message must not come after its body (RFC 9110 section 6.5.1). */
export function isRefusedInTrailers(kind: number): boolean {
  return refusedInTrailers[kind] === 1;
}
