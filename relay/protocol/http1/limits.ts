/** Bounds of HTTP/1 messages, with their reasons. Lengths in bytes. */

/** A whole head. Browsers stay under 16 KiB of cookies; with our own fields it still fits one frame (65,536). */
export const MAX_HEAD_BYTES = 32_768;
/** The request target. Longer is 414. */
export const MAX_TARGET_BYTES = 16_384;
/** Field lines of one head; real clients send under 40. */
export const MAX_FIELDS = 128;
/** Methods are short words; a longer one is an attack on logs. */
export const MAX_METHOD_BYTES = 32;
/** Elements named by `Connection`; each is compared with each field, so the product stays small. */
export const MAX_CONNECTION_NAMES = 16;
/** Chunk size line with its extensions. */
export const MAX_CHUNK_LINE_BYTES = 256;
/** Chunk extensions of one body together: they carry nothing for us and cost CPU. */
export const MAX_EXTENSION_BYTES = 16_384;
/** Trailer section of a chunked body. */
export const MAX_TRAILER_BYTES = 8_192;
