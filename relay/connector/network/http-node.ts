import http from "node:http";
import https from "node:https";
import { NoAnswerError } from "./errors.ts";
import { type HttpAnswer, type HttpRequest, MAX_ANSWER_BYTES } from "./http-types.ts";
import { secureContextFor } from "./secure-context.ts";
import { TunnelAgent } from "./tunnel-node.ts";

/** With `node:http`, since Node's fetch takes no proxy. */
export function requestWithNode(url: string, options: HttpRequest): Promise<HttpAnswer> {
  const { method, headers, body, timeoutMs, network } = options;
  const proxy = network.proxyFor(url);
  const target = new URL(url);
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const signal = AbortSignal.timeout(timeoutMs);
  const common = { method, headers: { ...headers, ...length }, signal };
  return new Promise((resolve, reject) => {
    const request =
      target.protocol === "https:"
        ? https.request(target, {
            ...common,
            ...(proxy === null ? {} : { agent: new TunnelAgent(proxy, network.trusted, true) }),
            ...(network.trusted === null ? {} : { secureContext: secureContextFor(network.trusted) }),
          })
        : http.request(target, {
            ...common,
            ...(proxy === null ? {} : { agent: new TunnelAgent(proxy, network.trusted, false) }),
          });
    request.on("error", (error) => reject(signal.aborted ? new NoAnswerError("no answer in time") : error));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error("answer too long"));
        else chunks.push(chunk);
      });
      response.on("error", (error) =>
        reject(signal.aborted ? new NoAnswerError("no answer in time") : error),
      );
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          header: (name) => {
            const value = response.headers[name.toLowerCase()];
            return value === undefined ? null : String(value);
          },
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          ),
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.end(body);
  });
}
