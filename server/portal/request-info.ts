import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../log.ts";
import type { PortalMetrics, RequestArea } from "./metrics.ts";

/** What is known of one request from its first moment; grows as it is handled. */
export interface RequestInfo {
  /** In the logs, in `x-request-id` and in error bodies. */
  readonly requestId: string;
  readonly clientAddress: string;
  readonly log: Logger;
  area: RequestArea;
  tenantId?: string;
  slug?: string;
}

/**
 * Starts the record of a request and writes its one closing line when the answer is complete or cut. The path is
 * logged without its query, which may carry tokens of mails.
 */
export function beginRequest(
  deps: { log: Logger; metrics: PortalMetrics; clientAddress: (request: IncomingMessage) => string },
  request: IncomingMessage,
  response: ServerResponse,
): RequestInfo {
  const startedAt = performance.now();
  const requestId = `req_${randomBytes(12).toString("hex")}`;
  const info: RequestInfo = {
    requestId,
    clientAddress: deps.clientAddress(request),
    log: deps.log.child({ requestId }),
    area: "other",
  };
  response.once("close", () => {
    const seconds = (performance.now() - startedAt) / 1_000;
    const { area, tenantId, slug, clientAddress } = info;
    const method = request.method ?? "";
    const status = response.statusCode;
    deps.metrics.observeRequest({ area, method, status, seconds });
    info.log[area === "asset" ? "debug" : "info"](
      {
        area,
        method,
        path: (request.url ?? "").split("?", 1)[0]!.slice(0, 500),
        status,
        durationMs: Math.round(seconds * 1_000),
        complete: response.writableFinished,
        clientAddress,
        tenantId,
        slug,
      },
      "request",
    );
  });
  return info;
}
