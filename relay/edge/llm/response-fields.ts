import { latin1 } from "../bytes.ts";

/** What the counting of tokens needs of a response head. */
export interface LlmResponseFields {
  readonly status: number;
  /** Empty when missing. */
  readonly contentType: string;
  readonly contentEncoding: string;
}

const STATUS_AT = "HTTP/1.1 ".length;

/** Reads them from the bytes of a head; status 0 when it is none. Whether the head is good is found out elsewhere. */
export function llmResponseFields(head: Uint8Array): LlmResponseFields {
  const text = latin1(head, 0, head.length);
  const status = Number(text.slice(STATUS_AT, STATUS_AT + 3));
  return {
    status: Number.isInteger(status) ? status : 0,
    contentType: /\r\ncontent-type:[ \t]*([^\r\n]*)/i.exec(text)?.[1] ?? "",
    contentEncoding: /\r\ncontent-encoding:[ \t]*([^\r\n]*)/i.exec(text)?.[1].trim() ?? "",
  };
}

/** The same head without `Content-Length`: its body will be shorter than it says. */
export function withoutContentLength(head: Uint8Array): Uint8Array {
  return Buffer.from(latin1(head, 0, head.length).replace(/\r\ncontent-length:[^\r\n]*/gi, ""), "latin1");
}
