import { NoAnswerError, ProxyRefusedError } from "./errors.ts";
import { type HttpAnswer, type HttpRequest, MAX_ANSWER_BYTES } from "./http-types.ts";

/** With Bun's own fetch, which speaks to proxies by itself. */
export async function requestWithBun(url: string, options: HttpRequest): Promise<HttpAnswer> {
  const { method, headers, body, timeoutMs, network } = options;
  const proxy = network.proxyFor(url);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const init: BunFetchRequestInit = {
      method,
      headers,
      body,
      redirect: "manual",
      signal,
      // A kept connection may have come by a proxy that is not to be used any more.
      keepalive: proxy === null,
      ...(proxy === null ? {} : { proxy: proxy.url }),
      ...(network.trusted === null ? {} : { tls: { ca: [...network.trusted] } }),
    };
    const response = await fetch(url, init as RequestInit);
    const length = Number(response.headers.get("content-length") ?? 0);
    if (length > MAX_ANSWER_BYTES) throw new Error("answer too long");
    const text = await response.text();
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      headers: Object.fromEntries(response.headers),
      text,
    };
  } catch (error) {
    if (signal.aborted) throw new NoAnswerError("no answer in time");
    if ((error as NodeJS.ErrnoException).code === "ERR_PROXY_TUNNEL") {
      // The status stands in the text only.
      throw new ProxyRefusedError(Number(/\b\d{3}\b/.exec((error as Error).message)?.[0] ?? 0));
    }
    throw error;
  }
}
