import { ascii } from "./characters.ts";
import { isRefusedInTrailers } from "./field-kinds.ts";
import { FieldTable, parseFields } from "./fields.ts";
import { MAX_TRAILER_BYTES } from "./limits.ts";

const table = new FieldTable();
const EMPTY_LINE = ascii("\r\n");

/**
 * True when `fields` is a valid trailer section without its empty line: whole field lines, none of which frames, routes
 * or authorises the message. Check what a peer hands over in a TRAILERS frame before writing it into a body.
 */
export function areTrailers(fields: Uint8Array): boolean {
  if (fields.length > MAX_TRAILER_BYTES) return false;
  const whole = new Uint8Array(fields.length + 2);
  whole.set(fields);
  whole.set(EMPTY_LINE, fields.length);
  if (parseFields(table, whole, 0, whole.length) !== whole.length) return false;
  for (let i = 0; i < table.count; i++) if (isRefusedInTrailers(table.kind(i))) return false;
  return true;
}
