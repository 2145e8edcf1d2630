import type { IncomingMessage, ServerResponse } from "node:http";

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
 * Sends a fetch response; its body goes out piece by piece as it comes, through a compressing writer too, no faster
 * than the client reads. The client's leaving ends the body at its source.
 *
 * @throws whatever the body fails with; the head has gone out then
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
  const reader = answer.body.getReader();
  // Whoever makes the body hears of a reader that left; of one that ended or failed there is nothing more to tell.
  response.once("close", () => void reader.cancel().catch(() => undefined));
  // The compressor's writer has one: without it a page's first part would wait for the last.
  const flush = Reflect.get(response, "flush");
  for (let part = await reader.read(); !part.done && !response.destroyed; part = await reader.read()) {
    const hasRoom = response.write(part.value);
    if (typeof flush === "function") flush.call(response);
    if (!hasRoom) await roomOrClose(response);
  }
  response.end();
}

function roomOrClose(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}
