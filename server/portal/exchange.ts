import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  Request as ExpressRequest,
  Response as ExpressResponse,
  NextFunction,
  RequestHandler,
} from "express";
import { readBody, toFetchRequest } from "./fetch-bridge.ts";
import type { RequestInfo } from "./request-info.ts";

const infos = new WeakMap<IncomingMessage, RequestInfo>();

/** Ties what is known of a request to it, for the handlers that Express calls with nothing else. */
export function attachInfo(request: IncomingMessage, info: RequestInfo): void {
  infos.set(request, info);
}

/** What is known of a request. @throws when it never was attached: a fault of ours */
export function infoOf(request: IncomingMessage): RequestInfo {
  const info = infos.get(request);
  if (!info) throw new Error("a request without its record");
  return info;
}

/** An async handler whose failure reaches the error handler, which Express 4 does not see to itself. */
export function route(
  handler: (
    request: ExpressRequest,
    response: ExpressResponse,
    next: NextFunction,
  ) => Promise<unknown> | unknown,
): RequestHandler {
  return async (request, response, next) => {
    try {
      await handler(request, response, next);
    } catch (error) {
      next(error);
    }
  };
}

/**
 * The request in the shape of fetch, its body read.
 * @throws BodyRefusedError past `maxBytes`
 */
export async function readFetchRequest(
  request: ExpressRequest,
  response: ServerResponse,
  origin: string,
  maxBytes: number,
): Promise<Request> {
  // Express shortens `url` under a mount; the whole address counts.
  request.url = request.originalUrl;
  const reads = request.method === "GET" || request.method === "HEAD";
  return toFetchRequest(request, response, origin, reads ? undefined : await readBody(request, maxBytes));
}
