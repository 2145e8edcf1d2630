import { FieldKind, isHopByHop, type ResponseHead } from "../protocol/http1/index.ts";
import { put } from "../protocol/put.ts";
import { latin1 } from "./bytes.ts";

/** Which framing fields of the upstream's head stay. */
export interface KeptFraming {
  readonly contentLength: boolean;
  readonly trailer: boolean;
}

/**
 * Writes the field lines of a response for the client, without those of the hop behind us: duplicates, order and spelling
 * stay. `Transfer-Encoding` always goes: the caller frames the body anew.
 *
 * @param baseDomain cookies for it or a parent of it are dropped: they would reach other tenants and the portal
 * @returns offset after the last line
 */
export function writeResponseFields(
  target: Uint8Array,
  offset: number,
  head: ResponseHead,
  kept: KeptFraming,
  baseDomain: string,
): number {
  const { fields, bytes } = head;
  let at = offset;
  let runStart = -1;
  for (let i = 0; i < fields.count; i++) {
    if (isKept(head, i, kept, baseDomain)) {
      if (runStart < 0) runStart = fields.nameStart(i);
    } else if (runStart >= 0) {
      at = put(target, at, bytes, runStart, fields.nameStart(i));
      runStart = -1;
    }
  }
  return runStart >= 0 ? put(target, at, bytes, runStart, head.end - 2) : at;
}

function isKept(head: ResponseHead, index: number, kept: KeptFraming, baseDomain: string): boolean {
  const { fields, connection, bytes } = head;
  const kind = fields.kind(index);
  if (kind === FieldKind.contentLength) return kept.contentLength;
  if (kind === FieldKind.trailer) return kept.trailer;
  if (kind === FieldKind.transferEncoding || kind === FieldKind.hotspot || isHopByHop(kind)) return false;
  if (kind === FieldKind.setCookie) {
    const cookie = latin1(bytes, fields.valueStart(index), fields.valueEnd(index));
    if (isForSharedParent(cookie, baseDomain)) return false;
  }
  return (
    !connection.namesFields || !connection.isNamed(bytes, fields.nameStart(index), fields.nameEnd(index))
  );
}

/** True when a `Set-Cookie` value has a Domain that covers the base domain; with several, any: browsers differ on which counts. */
export function isForSharedParent(cookie: string, baseDomain: string): boolean {
  if (!/domain/i.test(cookie)) return false;
  for (const attribute of cookie.split(";").slice(1)) {
    const match = /^\s*domain\s*=(.*)$/i.exec(attribute);
    if (match === null) continue;
    const domain = match[1]
      .replace(/["\s]/g, "")
      .replace(/^\.+|\.+$/g, "")
      .toLowerCase();
    if (domain !== "" && (domain === baseDomain || baseDomain.endsWith(`.${domain}`))) return true;
  }
  return false;
}
