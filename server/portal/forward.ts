import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export interface Forwarder {
  /**
   * Streams one request to the relay and its answer back, byte for byte as they come. Never waits for a whole body,
   * and never gives up on a silent relay: a model may think for minutes. Ends when either side goes away.
   *
   * @param onError hears of a relay that could not be asked, before any byte was answered
   */
  forward(
    request: IncomingMessage,
    response: ServerResponse,
    info: ForwardInfo,
    onError: (error: Error) => void,
  ): void;
  /** The same for an upgrade: what the relay answers is passed on, and after a 101 the sockets are joined. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    info: ForwardInfo,
    onError: (error: Error) => void,
  ): void;
  close(): void;
}

export interface ForwardInfo {
  readonly clientAddress: string;
  /** The endpoint's owner asks: the relay skips its access-key check. */
  readonly owner?: boolean;
}

/** Fields between two neighbours, RFC 9110 section 7.6.1; each hop writes its own. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Idle milliseconds after which a pooled connection is closed: before the relay would do it in mid-request. */
const idleConnectionMs = 4_000;

/** @param relay origin of the relay, and the secret that makes it believe our headers */
export function createForwarder(relay: { httpBase: string; internalSecret: string }): Forwarder {
  const base = new URL(relay.httpBase);
  const agent = new http.Agent({ keepAlive: true, timeout: idleConnectionMs });
  const options = (request: IncomingMessage, headers: string[]) => ({
    agent,
    host: base.hostname.replace(/^\[|\]$/g, ""),
    port: base.port || 80,
    method: request.method,
    path: request.url,
    headers,
    setHost: false,
  });

  return {
    forward(request, response, info, onError) {
      const headers = endToEnd(request.rawHeaders, request.headers.connection);
      // Node took the incoming framing off; the same kind is put on again.
      if (request.headers["transfer-encoding"]) headers.push("Transfer-Encoding", "chunked");
      headers.push(...internalFields(relay.internalSecret, info));

      const outgoing = http.request(options(request, headers));
      response.once("close", () => {
        if (!response.writableFinished) outgoing.destroy();
      });
      outgoing.once("error", (error) => {
        if (response.destroyed) return;
        if (response.headersSent) response.destroy();
        else onError(error);
      });
      outgoing.once("response", (answer) => {
        response.writeHead(
          answer.statusCode!,
          answer.statusMessage,
          endToEnd(answer.rawHeaders, answer.headers.connection),
        );
        response.flushHeaders();
        answer.pipe(response);
        // Cut short by the relay: the client must not take what it has for the whole.
        answer.once("close", () => {
          if (!answer.complete) response.destroy();
        });
      });
      // A body may be long in coming; its head does not wait for it.
      if (request.headers["transfer-encoding"] || request.headers["content-length"]) outgoing.flushHeaders();
      request.pipe(outgoing);
      request.once("aborted", () => outgoing.destroy());
    },

    upgrade(request, socket, head, info, onError) {
      const headers = endToEnd(request.rawHeaders, request.headers.connection);
      headers.push("Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? "websocket");
      headers.push(...internalFields(relay.internalSecret, info));

      const outgoing = http.request({ ...options(request, headers), agent: false });
      socket.once("close", () => outgoing.destroy());
      socket.on("error", () => outgoing.destroy());
      outgoing.once("error", (error) => {
        if (!socket.destroyed) onError(error);
      });
      outgoing.once("upgrade", (answer, upstream, upstreamHead) => {
        socket.write(headOf(answer));
        if (upstreamHead.length > 0) socket.write(upstreamHead);
        if (head.length > 0) upstream.write(head);
        upstream.pipe(socket);
        socket.pipe(upstream);
        upstream.on("error", () => socket.destroy());
        upstream.once("close", () => socket.destroy());
        socket.once("close", () => upstream.destroy());
      });
      // Refused: no tunnel, the answer as it is, and the connection ends with it.
      outgoing.once("response", (answer) => {
        socket.write(headOf(answer, ["Connection", "close"]));
        answer.pipe(socket);
      });
      outgoing.end();
    },

    close: () => agent.destroy(),
  };
}

function internalFields(secret: string, info: ForwardInfo): string[] {
  const fields = ["x-hotspot-proxy-auth", secret, "x-hotspot-client-address", info.clientAddress];
  return info.owner ? [...fields, "x-hotspot-owner", "1"] : fields;
}

/** Raw header list without what is meant for us alone, and without internal fields from outside. */
function endToEnd(raw: readonly string[], connection: string | undefined): string[] {
  const named = new Set((connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (hopByHop.has(name) || named.has(name) || name.startsWith("x-hotspot-")) continue;
    kept.push(raw[index]!, raw[index + 1]!);
  }
  return kept;
}

/** Status line and fields of an answer as bytes; Node read them as latin1. */
function headOf(answer: IncomingMessage, more: string[] = []): Buffer {
  const fields =
    more.length > 0
      ? [...endToEnd(answer.rawHeaders, answer.headers.connection), ...more]
      : answer.rawHeaders;
  let head = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}\r\n`;
  for (let index = 0; index < fields.length; index += 2) head += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}
