import { RequestScan } from "./request-scan.ts";

const ASKED = '"stream_options":{"include_usage":true}';

/**
 * The body of a chat or completions request with the wish for usage added: `stream_options.include_usage`. Every other byte
 * stays as it was. null when nothing is to be added: no stream, the client asked itself, or the body cannot be read without
 * doubt (no JSON object, a key twice, `stream_options` of another type).
 *
 * @param scan of exactly this body
 */
export function withIncludeUsage(body: Uint8Array, scan: RequestScan): Buffer | null {
  if (!scan.isWhole) return null;
  let stream = "";
  let options: { start: number; end: number } | null = null;
  let seen = 0;
  for (const { key, start, end } of scan.spans) {
    if (key === "stream") {
      if (stream !== "") return null;
      stream = textOf(body, start, end);
    } else if (key === "stream_options") {
      if (seen++ > 0) return null;
      options = { start, end };
    }
  }
  if (stream !== "true") return null;
  if (options === null) return spliced(body, scan.openedAt + 1, scan.openedAt + 1, `${ASKED},`);
  const value = textOf(body, options.start, options.end);
  if (value === "null") return spliced(body, options.start, options.end, '{"include_usage":true}');
  const inner = new RequestScan();
  inner.feed(body, options.start, options.end);
  if (!inner.isWhole) return null;
  const wishes = inner.spans.filter((span) => span.key === "include_usage");
  if (wishes.length > 1) return null;
  if (wishes.length === 0) {
    const at = options.start + inner.openedAt + 1;
    return spliced(body, at, at, inner.spans.length === 0 ? '"include_usage":true' : '"include_usage":true,');
  }
  const start = options.start + wishes[0].start;
  const end = options.start + wishes[0].end;
  const wish = textOf(body, start, end);
  return wish === "false" || wish === "null" ? spliced(body, start, end, "true") : null;
}

function textOf(body: Uint8Array, start: number, end: number): string {
  return Buffer.from(body.buffer, body.byteOffset + start, Math.min(end - start, 4_096)).toString("latin1");
}

function spliced(body: Uint8Array, from: number, to: number, text: string): Buffer {
  return Buffer.concat([body.subarray(0, from), Buffer.from(text), body.subarray(to)]);
}
