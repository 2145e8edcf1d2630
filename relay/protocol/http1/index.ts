/**
 * HTTP/1.1 on bytes: strict, incremental, without I/O and without header objects. Runs on Bun, on Node and in a test.
 *
 * Reading a response from a socket, `buffer[0, length)` being what has come so far:
 * ```ts
 * const head = new ResponseHead(); // one per reader, reused
 * const end = parseResponseHead(head, buffer, 0, length, requestWasHead);
 * if (end === HEAD_INCOMPLETE) wait();      // more pieces: findHeadEnd(buffer, 0, lengthBefore, length) > 0, then parse again
 * else if (end < 0) refuse(head.fault);     // faultStatus(end) is what a server would answer
 * else body(head.framing, head.contentLength, end); // head.informational: one more head follows at `end`
 * ```
 * Field `i` of `head.fields` is the line `[nameStart(i), lineEnd(i, head.end - 2))`; `kind(i)` is a `FieldKind`.
 * A chunked body goes through `ChunkedDecoder.decode(bytes, from, to)`, which moves the data together in place:
 * use `bytes[from, dataEnd)`, then act on the result (`more`, `done`: rest starts at `position`, `malformed`).
 */
export { ascii, decimal, equalsIgnoreCase, LOWER, text } from "./characters.ts";
export { Chunked, ChunkedDecoder } from "./chunked-decoder.ts";
export {
  CHUNK_END,
  CHUNK_HEAD_BYTES,
  LAST_CHUNK,
  LAST_CHUNK_BEFORE_TRAILERS,
  writeChunkHead,
} from "./chunked-encoder.ts";
export { faultStatus, HEAD_INCOMPLETE } from "./faults.ts";
export { FieldKind, fieldKind, isHopByHop } from "./field-kinds.ts";
export { findHeadEnd } from "./find-head.ts";
export { Framing } from "./framing.ts";
export { KnownFields } from "./known-fields.ts";
export * from "./limits.ts";
export { Method, parseRequestHead, RequestHead } from "./request-head.ts";
export { parseResponseHead, ResponseHead } from "./response-head.ts";
export { TargetForm } from "./target.ts";
export { areTrailers } from "./trailers.ts";
