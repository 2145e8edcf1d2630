import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";

/** A body that is too large or too slow; answer with `status` and close. */
export class BodyRefusedError extends Error {
  readonly status: 408 | 413;

  constructor(status: 408 | 413) {
    super(status === 413 ? "the body is too large" : "the body came too slowly");
    this.name = "BodyRefusedError";
    this.status = status;
  }
}

/** Milliseconds a whole body may take on the portal's host; forms and JSON are small. */
const bodyTimeoutMs = 30_000;

/** Reads a whole body. @throws BodyRefusedError */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (status: 408 | 413) => {
      clearTimeout(timer);
      request.removeListener("data", onData);
      request.resume();
      reject(new BodyRefusedError(status));
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) refuse(413);
      else chunks.push(chunk);
    };
    const timer = setTimeout(refuse, bodyTimeoutMs, 408);
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return refuse(413);
    request.on("data", onData);
    request.once("end", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    request.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/**
 * The request in the shape of fetch. Its signal aborts when the client goes away before the answer is complete.
 *
 * @param origin scheme and host of its URL
 * @param body read before; absent for GET and HEAD
 */
export function toFetchRequest(
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
  body?: Buffer,
): Request {
  const headers = new Headers();
  const raw = request.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    // HTTP/2 pseudo fields do not exist here; a name that fetch refuses would not have passed Node's parser.
    headers.append(raw[index]!, raw[index + 1]!);
  }
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  return new Request(new URL(request.url!, origin), {
    method: request.method,
    headers,
    signal: controller.signal,
    ...(hasBody && body ? { body: new Uint8Array(body) } : {}),
  });
}

/**
 * Sends a fetch response; its body goes out piece by piece as it comes, through a compressing writer too.
 * The client's leaving ends the body at its source.
 */
export async function sendFetchResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.statusCode = answer.status;
  if (answer.statusText) response.statusMessage = answer.statusText;
  for (const [name, value] of answer.headers) {
    if (name !== "set-cookie") response.setHeader(name, value);
  }
  for (const cookie of answer.headers.getSetCookie()) response.appendHeader("set-cookie", cookie);
  if (!answer.body) {
    response.end();
    return;
  }
  response.flushHeaders();
  const source = Readable.fromWeb(answer.body as unknown as NodeReadableStream<Uint8Array>);
  const flush = Reflect.get(response, "flush");
  if (typeof flush === "function") source.on("data", () => queueMicrotask(() => flush.call(response)));
  try {
    await pipeline(source, response);
  } catch (error) {
    // The reader left; whoever made the body has heard of it by its cancel.
    if (!response.destroyed && !response.closed) throw error;
  }
}
