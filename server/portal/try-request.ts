import http, { type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { TryRequest } from "../../app/bridge/context.ts";
import { DomainError } from "../errors.ts";

/** Fields that only the way to the relay may write, or that concern one connection. */
const ours =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|forwarded|x-forwarded-.*|x-hotspot-.*)$/i;
/** Answers that have no body, RFC 9110 section 6.4.1; a Response refuses one. */
const bodyless = new Set([204, 205, 304]);

/**
 * Sends the owner's own request to the relay, as if it had come in at the public host, and streams the answer. The
 * caller has checked that the endpoint is theirs.
 *
 * @param publicHost host of the endpoint's public address, with its port if it has one
 * @throws DomainError invalid/invalid_request, precondition/relay_unreachable
 */
export async function sendTryRequest(
  deps: { relay: { httpBase: string; internalSecret: string }; publicHost: string; clientAddress: string },
  { method, path, headers = {}, body, signal }: Omit<TryRequest, "slug">,
): Promise<Response> {
  if (!path.startsWith("/")) throw invalid("the path must start with /", "path");
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (!ours.test(name)) fields[name] = value;
  const { relay, publicHost, clientAddress } = deps;
  return new Promise((resolve, reject) => {
    let request: http.ClientRequest;
    try {
      request = http.request(new URL(relay.httpBase), {
        method,
        path,
        signal,
        agent: false,
        headers: {
          ...fields,
          host: publicHost,
          "x-hotspot-proxy-auth": relay.internalSecret,
          "x-hotspot-client-address": clientAddress,
          "x-hotspot-owner": "1",
          ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
        },
      });
    } catch (error) {
      // Node refuses words that cannot stand in a request.
      reject(invalid((error as Error).message, "path"));
      return;
    }
    request.once("response", (answer) => resolve(toResponse(answer)));
    request.once("error", (error) => {
      if (signal.aborted) return reject(signal.reason);
      const message = "The relay does not answer at the moment. Try again in a few seconds.";
      reject(new DomainError("precondition", "relay_unreachable", message, {}, { cause: error }));
    });
    request.end(body);
  });
}

function toResponse(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index]!.toLowerCase();
    if (
      name !== "set-cookie" &&
      !/^(?:connection|keep-alive|transfer-encoding|trailer|upgrade|proxy-.*)$/.test(name)
    ) {
      headers.append(name, answer.rawHeaders[index + 1]!);
    }
  }
  const given = answer.statusCode ?? 502;
  const status = given >= 200 && given <= 599 ? given : 502;
  if (bodyless.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(answer) as unknown as ReadableStream<Uint8Array>, { status, headers });
}

function invalid(message: string, field: string): DomainError {
  return new DomainError("invalid", "invalid_request", message, { field });
}
