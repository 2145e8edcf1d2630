import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ClientHttp2Stream } from "node:http2";
import { type Duplex, pipeline } from "node:stream";
import type { World } from "../core/world.ts";
import type { Connectors } from "./connectors.ts";
import { forHttp1, forHttp2, UPGRADE_HEADER, UPGRADED_HEADER } from "./protocol.ts";

/** An error page of Cloudflare's: HTTP status and the code that it shows. */
interface EdgeError {
  readonly status: number;
  readonly shown: number;
}

/** Errors 1xxx come with status 530. */
const UNKNOWN_HOST: EdgeError = { status: 530, shown: 1_001 };
const NO_TUNNEL: EdgeError = { status: 530, shown: 1_033 };
const BAD_GATEWAY: EdgeError = { status: 502, shown: 502 };

/** The public side: by the request's host to a record, by that to a tunnel, by that to a cloudflared that is connected. */
export function createEdge(world: World, connectors: Connectors): Server {
  const dial = (request: IncomingMessage): ClientHttp2Stream | EdgeError => {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    const tunnelId = tunnelOf(world, host);
    if (tunnelId === null) return UNKNOWN_HOST;
    const session = world.liveTunnel(tunnelId) ? connectors.sessionOf(tunnelId) : null;
    if (!session) return NO_TUNNEL;
    const { upgrade } = request.headers;
    const headers = {
      ...forHttp2(request.headers),
      ":method": request.method!,
      ":path": request.url!,
      ":authority": host,
      ...(upgrade === undefined ? {} : { [UPGRADE_HEADER]: upgrade }),
      "cf-connecting-ip": request.socket.remoteAddress ?? "",
      "cf-ray": `${randomBytes(8).toString("hex")}-STN`,
      "x-forwarded-for": request.socket.remoteAddress ?? "",
      "x-forwarded-proto": "https",
    };
    // By itself Node would end the stream of a GET with its header, and nothing could be sent after a switch of protocols.
    return session.request(headers, { endStream: false });
  };
  const server = createServer((request, response) => {
    const stream = dial(request);
    if ("shown" in stream) refuse(response, stream);
    else forward(request, stream, response);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const stream = dial(request);
    if ("shown" in stream) socket.end(`HTTP/1.1 ${stream.status} Error\r\nconnection: close\r\n\r\n`);
    else switchOver(stream, socket, head);
  });
  return server;
}

/** The tunnel that a host leads to; an exact record wins over the wildcard. */
function tunnelOf(world: World, host: string): string | null {
  const wildcard = `*.${host.split(".").slice(1).join(".")}`;
  const usable = world.state.records.filter(
    ({ type, usableAt }) => type === "CNAME" && usableAt <= Date.now(),
  );
  const record = usable.find(({ name }) => name === host) ?? usable.find(({ name }) => name === wildcard);
  // Only behind the proxy does the name mean a tunnel; unproxied, it resolves to nothing that answers.
  if (!record?.proxied) return null;
  return /^([0-9a-f-]{36})\.cfargotunnel\.com$/.exec(record.content)?.[1] ?? null;
}

function forward(request: IncomingMessage, stream: ClientHttp2Stream, response: ServerResponse): void {
  stream.once("response", (headers) => {
    response.writeHead(Number(headers[":status"]), forHttp1(headers)).flushHeaders();
    // A break on either side ends both; there is nobody to tell.
    pipeline(stream, response, () => undefined);
  });
  stream.once("error", () => {
    if (response.headersSent) response.destroy();
    else refuse(response, BAD_GATEWAY);
  });
  response.once("close", () => stream.close());
  request.pipe(stream);
}

function switchOver(stream: ClientHttp2Stream, socket: Duplex, head: Buffer): void {
  socket.on("error", () => stream.close());
  stream.on("error", () => socket.destroy());
  stream.once("response", (headers) => {
    const upgraded = headers[UPGRADED_HEADER];
    if (upgraded === undefined) {
      socket.end(`HTTP/1.1 ${headers[":status"]} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      stream.close();
      return;
    }
    const fields = Object.entries(JSON.parse(String(upgraded)) as Record<string, string>);
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
    if (head.length > 0) stream.write(head);
    pipeline(stream, socket, () => undefined);
    pipeline(socket, stream, () => undefined);
  });
}

function refuse(response: ServerResponse, { status, shown }: EdgeError): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`error code: ${shown}`);
}
