import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";

/** Compressed bytes of one answer that are kept. */
export const MAX_ENCODED_BYTES = 8_388_608;
/** What they may grow to: a bomb stops here, and its answer counts as not readable. */
const MAX_DECODED_BYTES = 33_554_432;
/** No text of an answer shrinks more than this; a small body that claims to is a bomb. */
const MAX_GROWTH = 200;
const FREE_BYTES = 1_048_576;

export type Coding = "gzip" | "deflate" | "br" | "zstd";

/**
 * The coding that a body is really in, by its `Content-Encoding` and first bytes: both are wrong at times.
 *
 * @param bytes at least four, or the whole body
 * @returns null for none, `unknown` for one that cannot be read here
 */
export function codingOf(contentEncoding: string, bytes: Uint8Array): Coding | "unknown" | null {
  const named = contentEncoding.trim().toLowerCase();
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return "zstd";
  switch (named) {
    case "":
    case "identity":
    // Says so, but its first bytes are no header of it: plain text.
    case "gzip":
    case "x-gzip":
    case "zstd":
      return null;
    case "deflate":
    case "br":
      return named;
    default:
      return "unknown";
  }
}

/**
 * Decodes what there is of a body; a body that was cut off gives what its bytes hold.
 *
 * Whole, at the end, and not piece by piece: the incremental decoders of the runtimes answer later, from another thread, and
 * usage is settled in the turn in which the answer ends. So tokens of a compressed stream are not counted while it runs; an
 * endpoint with `usage_mode: ask` has its streams uncompressed anyway.
 *
 * @throws when the bytes are not of that coding, or grow beyond their bound
 */
export function decode(coding: Coding, bytes: Uint8Array): Uint8Array {
  const maxOutputLength = Math.min(MAX_DECODED_BYTES, FREE_BYTES + bytes.length * MAX_GROWTH);
  switch (coding) {
    case "gzip":
      return gunzipSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH });
    case "deflate":
      return inflate(bytes, maxOutputLength);
    case "br":
      return brotliDecompressSync(bytes, { maxOutputLength, finishFlush: constants.BROTLI_OPERATION_FLUSH });
    case "zstd":
      return zstdDecompressSync(bytes, { maxOutputLength, finishFlush: constants.ZSTD_e_flush });
  }
}

/** `deflate` means zlib's format (RFC 9110 section 8.4.1.2); some servers send the bare one. */
function inflate(bytes: Uint8Array, maxOutputLength: number): Uint8Array {
  const options = { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH };
  const isZlib = (bytes[0] & 0x0f) === 8 && ((bytes[0] << 8) | bytes[1]) % 31 === 0;
  return isZlib ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}
