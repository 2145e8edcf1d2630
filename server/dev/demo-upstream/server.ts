import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { answerChat, type ChatAnswer, CREATED, completionBody, completionChunks } from "./chat.ts";
import { answerEmbeddings } from "./embeddings.ts";
import { OpenAiError } from "./errors.ts";
import { ChatRequest, DEMO_MODEL, EmbeddingsRequest, parseRequest } from "./schemas.ts";

/** Long enough for a chat with pictures, short enough for memory. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface DemoUpstream {
  /** `http://127.0.0.1:<port>`, as `hotspot connect --to` takes it. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A small OpenAI-compatible server on the loopback address, so that a local run answers before a real model is
 * connected. It says in every answer that it is a demo, and gives the same answer to the same question.
 *
 * @param wordDelayMs pause between two words of a streamed answer, so that one sees it stream
 */
export async function startDemoUpstream({ port = 0, wordDelayMs = 30 } = {}): Promise<DemoUpstream> {
  const server = createServer((request, response) => {
    answer(request, response, wordDelayMs).catch((error: unknown) => {
      if (!response.headersSent && error instanceof OpenAiError) {
        return sendJson(response, error.status, error.body());
      }
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  // Requests come from one connector over pooled sockets; an idle one closed here could race with its next use.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, wordDelayMs: number) {
  const path = new URL(request.url ?? "/", "http://demo").pathname;
  switch (`${request.method} ${path}`) {
    case "GET /":
      return sendJson(response, 200, { message: "Hotspot's demo upstream. Try /v1/models." });
    case "GET /v1/models":
      return sendJson(response, 200, { object: "list", data: [model()] });
    case `GET /v1/models/${DEMO_MODEL}`:
      return sendJson(response, 200, model());
    case "POST /v1/chat/completions": {
      const chat = parseRequest(ChatRequest, await readBody(request));
      const result = answerChat(chat);
      if (!chat.stream) return sendJson(response, 200, completionBody(result));
      return stream(response, result, chat.stream_options?.include_usage === true, wordDelayMs);
    }
    case "POST /v1/embeddings":
      return sendJson(
        response,
        200,
        answerEmbeddings(parseRequest(EmbeddingsRequest, await readBody(request))),
      );
    default:
      throw new OpenAiError(404, `The demo upstream has no ${request.method} ${path}.`, {
        code: "unknown_url",
      });
  }
}

async function stream(response: ServerResponse, result: ChatAnswer, includeUsage: boolean, delayMs: number) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const chunk of completionChunks(result, includeUsage)) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    await delay(delayMs);
  }
  response.end("data: [DONE]\n\n");
}

function model() {
  return { id: DEMO_MODEL, object: "model", created: CREATED, owned_by: "hotspot-demo" };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new OpenAiError(413, `The body is over ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendJson(response: ServerResponse, status: number, body: object) {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}
