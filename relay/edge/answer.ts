import { type ErrorLink, errorPage } from "./error-page.ts";
import { type EdgeError, type EdgeErrorCode, edgeErrors } from "./errors.ts";

/** A whole response of our own. */
export interface Answer {
  readonly status: number;
  /** Fields beyond those that every answer has. */
  readonly fields: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: string;
}

/** What shapes an error answer. */
export interface ErrorContext {
  readonly requestId: string;
  /** Path of the request; `/v1/…` gets the OpenAI shape. */
  readonly path: string;
  /** `Accept` of the request, empty when there is none. */
  readonly accept: string;
  /** Replaces the code's own sentence. */
  readonly message?: string | null;
  /** What a person can do about it; only a page shows it. */
  readonly link?: ErrorLink | undefined;
  readonly fields?: Readonly<Record<string, string>>;
}

const reasons: Record<number, string> = {
  200: "OK",
  302: "Found",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
};

/**
 * The answer for an error: JSON, the OpenAI error shape under `/v1/` so that LLM clients show it, or a page for a
 * browser. Nothing of the request is put into it but the request id.
 */
export function errorAnswer(code: EdgeErrorCode, context: ErrorContext): Answer {
  const { status, message: usual, retryAfterSeconds }: EdgeError = edgeErrors[code];
  const message = context.message ?? usual;
  const fields: Record<string, string> = { "Hotspot-Error": code, ...context.fields };
  if (retryAfterSeconds !== undefined) fields["Retry-After"] = String(retryAfterSeconds);
  if (status === 401) fields["WWW-Authenticate"] = 'Bearer realm="hotspot"';
  const { requestId } = context;
  if (context.path.startsWith("/v1/")) {
    const error = { message, type: openAiType(status), param: null, code, request_id: requestId };
    return json(status, fields, { error });
  }
  if (prefersHtml(context.accept)) {
    const body = errorPage({
      status,
      title: reasons[status] ?? "Error",
      message,
      code,
      requestId,
      link: context.link,
    });
    return { status, fields, contentType: "text/html; charset=utf-8", body };
  }
  return json(status, fields, { error: { code, message, requestId } });
}

export function json(status: number, fields: Record<string, string>, value: unknown): Answer {
  return {
    status,
    fields,
    contentType: "application/json; charset=utf-8",
    body: `${JSON.stringify(value)}\n`,
  };
}

function openAiType(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 402 || status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "api_error";
}

/** True when `Accept` names HTML before JSON and before anything at all: what browsers send, and curl does not. */
export function prefersHtml(accept: string): boolean {
  const html = accept.toLowerCase().indexOf("text/html");
  if (html < 0) return false;
  const others = ["application/json", "*/*"].map((type) => accept.toLowerCase().indexOf(type));
  return others.every((at) => at < 0 || at > html);
}

/** The bytes of an answer. @param withBody false for HEAD: the length is told, the body left out */
export function encodeAnswer(
  answer: Answer,
  requestId: string,
  options: { withBody: boolean; keepAlive: boolean; http10: boolean },
): Buffer {
  const body = Buffer.from(answer.body);
  let head = `HTTP/1.1 ${answer.status} ${reasons[answer.status] ?? "Unknown"}\r\n`;
  head += `Content-Type: ${answer.contentType}\r\nContent-Length: ${body.length}\r\n`;
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  head += `X-Request-Id: ${requestId}\r\nHotspot-Request-Id: ${requestId}\r\n`;
  head += `Date: ${new Date().toUTCString()}\r\n`;
  for (const [name, value] of Object.entries(answer.fields)) head += `${name}: ${fieldValue(value)}\r\n`;
  if (!options.keepAlive) head += "Connection: close\r\n";
  else if (options.http10) head += "Connection: keep-alive\r\n";
  const bytes = Buffer.from(`${head}\r\n`, "latin1");
  return options.withBody && body.length > 0 ? Buffer.concat([bytes, body]) : bytes;
}

function fieldValue(value: string): string {
  return value.replace(/[^\t\x20-\x7e]/g, "");
}
