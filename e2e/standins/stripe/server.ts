import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerApi } from "./api.ts";
import type { World } from "./world.ts";

/** Bodies above are refused; nothing of Stripe's that we use comes near. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Outgoing {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Instead of an answer: the connection breaks, or nothing comes at all. */
export type Outcome = Outgoing | "reset" | "silence";
export type Answerer = (incoming: Incoming) => Promise<Outcome | null>;

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves API, pages and control on one port of 127.0.0.1. */
export async function serve(
  world: World,
  port: number,
  others: readonly Answerer[],
  kept: () => Promise<void>,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(world, request, others, kept).then(
      (outcome) => send(outcome, response),
      (error: unknown) => {
        process.stderr.write(`stripe stand-in: ${error instanceof Error ? error.stack : String(error)}\n`);
        send(
          {
            status: 500,
            headers: { "content-type": "text/plain" },
            body: "the stand-in failed; see its log",
          },
          response,
        );
      },
    );
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  world: World,
  request: IncomingMessage,
  others: readonly Answerer[],
  kept: () => Promise<void>,
): Promise<Outcome> {
  const body = await readBody(request);
  if (body === null) return { status: 413, headers: { "content-type": "text/plain" }, body: "too large" };
  const url = new URL(request.url ?? "/", "http://stand-in");
  const incoming = {
    method: request.method ?? "GET",
    url,
    headers: request.headers,
    body,
  };
  let outcome: Outcome | null =
    url.pathname.startsWith("/v1/") || url.pathname.startsWith("/v2/")
      ? await answerApi(world, incoming)
      : null;
  for (const other of others) outcome ??= await other(incoming);
  // What was accepted must outlive a kill of the stand-in.
  await kept();
  return outcome ?? { status: 404, headers: { "content-type": "text/plain" }, body: "no such page" };
}

function send(outcome: Outcome, response: ServerResponse): void {
  if (outcome === "silence") return;
  if (outcome === "reset") {
    response.socket?.destroy();
    return;
  }
  const { status, headers, body } = outcome;
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.end(response.req.method === "HEAD" ? "" : body);
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
