import type { IncomingMessage } from "node:http";
import { DomainError } from "../../errors.ts";

/** The largest input of ours is an abuse report of a few kilobytes. */
export const MAX_BODY_BYTES = 100_000;

/** Too large a body: the one fault that is not a 400. */
export class BodyTooLarge extends Error {}

/**
 * Reads a JSON object. No body at all is an empty object, so that routes without input need none.
 *
 * @throws DomainError invalid/invalid_body with field `body`, or invalid/invalid_content_type with field `content-type`
 * @throws BodyTooLarge past 100,000 bytes, as soon as the header or the bytes tell
 */
export async function readJsonBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  if (Number(req.headers["content-length"] ?? 0) > MAX_BODY_BYTES) throw new BodyTooLarge();
  const bytes = await readBytes(req);
  if (bytes.length === 0) return {};
  requireJsonType(req.headers["content-type"]);
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new DomainError("invalid", "invalid_body", "body: send it without content-encoding", {
      field: "body",
    });
  }
  const value = parseJson(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DomainError("invalid", "invalid_body", "body: expected a JSON object", { field: "body" });
  }
  return value as Record<string, unknown>;
}

async function readBytes(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early must not destroy the request: its socket still has to carry the answer.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A form of a foreign page cannot send this type without asking first, so it also keeps such forms out. */
function requireJsonType(header: string | undefined): void {
  const type = header?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return;
  throw new DomainError("invalid", "invalid_content_type", "content-type: expected application/json", {
    field: "content-type",
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const message = cause instanceof TypeError ? "body: expected UTF-8" : "body: expected JSON";
    throw new DomainError("invalid", "invalid_body", message, { field: "body" }, { cause });
  }
}
