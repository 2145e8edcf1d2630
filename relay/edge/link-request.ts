import type { RequestHead } from "../protocol/http1/index.ts";
import { latin1 } from "./bytes.ts";
import type { LinkRequest } from "./deps.ts";

/** The request that opens a link, as text. Only link requests pay for header objects. */
export function linkRequest(
  path: LinkRequest["path"],
  head: RequestHead,
  clientAddress: string,
): LinkRequest {
  const { fields, bytes } = head;
  const headers = new Map<string, string>();
  for (let i = 0; i < fields.count; i++) {
    const name = latin1(bytes, fields.nameStart(i), fields.nameEnd(i)).toLowerCase();
    const value = latin1(bytes, fields.valueStart(i), fields.valueEnd(i));
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return {
    path,
    method: latin1(bytes, head.start, head.methodEnd),
    headers,
    isWebSocketUpgrade: head.websocket,
    clientAddress,
  };
}
