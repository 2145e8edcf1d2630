/**
 * A number of tokens as an upstream may write it: `12`, `12.0`, `"12"`. null for what is none (missing, null, negative,
 * not finite, words): such a field counts as not sent.
 */
export function tokenCount(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number) || number < 0) return null;
  return Math.round(number);
}

/** A JSON object; arrays and null are none. */
export type JsonObject = { readonly [name: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** UTF-8 bytes of a string that was read one byte per character; escapes beyond Latin-1 count as three. */
export function textBytesOf(text: unknown): number {
  if (typeof text !== "string") return 0;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) bytes += 2;
  return bytes;
}
