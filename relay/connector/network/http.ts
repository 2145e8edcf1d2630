import { requestWithBun } from "./http-bun.ts";
import { requestWithNode } from "./http-node.ts";
import type { HttpAnswer, HttpRequest } from "./http-types.ts";

/**
 * One request and its whole answer, by proxy where there is one. Redirects are answers: a credential must not follow
 * one to another server.
 * @throws NoAnswerError, ProxyRefusedError, or the runtime's own error with its `code`
 */
export function request(url: string, options: HttpRequest): Promise<HttpAnswer> {
  return (typeof Bun === "undefined" ? requestWithNode : requestWithBun)(url, options);
}
