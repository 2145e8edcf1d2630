import type { IncomingMessage, ServerResponse } from "node:http";
import { databaseAway, isDatabaseAway } from "../database-away.ts";
import { BodyRefusedError } from "./fetch-bridge.ts";
import { type Problem, sendProblem } from "./problem-page.ts";
import type { RequestInfo } from "./request-info.ts";

/** Answers what nobody expected: logged with its cause, told without it. */
export function answerFailure(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
): void {
  const expected = expectedProblem(error);
  if (expected) {
    // What is left of the body is not worth reading.
    if (!response.headersSent) response.setHeader("connection", "close");
    sendProblem(request, response, info.requestId, expected);
    return;
  }
  // The client left: nothing failed, and nobody listens. (A request that was read to its end is destroyed, too.)
  if (response.destroyed || (request.destroyed && !request.complete)) return;
  info.log.error({ err: error }, "request failed");
  const { code, message } = databaseAway(error);
  sendProblem(
    request,
    response,
    info.requestId,
    isDatabaseAway(error) ? { status: 503, code, message } : surprise,
  );
}

const surprise: Problem = {
  status: 500,
  code: "internal",
  message: "Something went wrong on our side. Try again, and tell us the number below if it stays.",
};

function expectedProblem(error: unknown): Problem | null {
  if (error instanceof BodyRefusedError) {
    const code = error.status === 413 ? "body_too_large" : "request_timeout";
    return { status: error.status, code, message: error.message };
  }
  // Broken escapes in an address, from Express or from URL.
  if (error instanceof URIError || (error as NodeJS.ErrnoException | null)?.code === "ERR_INVALID_URL") {
    return { status: 400, code: "invalid_request", message: "This address cannot be read." };
  }
  return null;
}
