import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { errorPiece, modelAnswer, type Piece } from "./model-answer.ts";
import { type ModelPlan, modelPlan } from "./model-plan.ts";

/** What the upstream delivers for a plan: bytes as it writes them, and what of them the client gets. */
export interface Delivery {
  readonly bytes: Buffer;
  readonly clientBytes: Buffer;
  /** Output tokens in whole events. */
  readonly tokens: number;
}

export function deliveryOf(plan: ModelPlan, asked: boolean): Delivery {
  const all = modelAnswer(plan, asked);
  const pieces = plan.stream ? upToEnding(plan, all) : all;
  let sent = pieces.map((piece) => piece.text).join("");
  let seen = pieces.map((piece) => (piece.hidden ? "" : piece.text)).join("");
  if (plan.ending === "complete" && plan.stream && plan.unclosed) {
    sent = sent.replace(/[\r\n]+$/, "");
    if (pieces.at(-1)?.hidden !== true) seen = seen.replace(/[\r\n]+$/, "");
  }
  if (!plan.stream && plan.ending.endsWith("abort")) {
    sent = sent.slice(0, sent.length >> 1);
    seen = sent;
  }
  const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  return { bytes: Buffer.from(sent), clientBytes: Buffer.from(seen), tokens };
}

function upToEnding(plan: ModelPlan, all: Piece[]): Piece[] {
  if (plan.ending === "complete") return all;
  let events = 0;
  const end = all.findIndex((piece) => piece.tokens > 0 && ++events > plan.deliveredEvents);
  const before = all.slice(0, end);
  return plan.ending === "error-event" ? [...before, errorPiece(plan)] : before;
}

export interface ModelUpstream {
  readonly url: string;
  /** The client has all that an answer that is to be reset had to deliver. */
  received(number: number): void;
  stop(): Promise<void>;
}

/** Models that answer as their plans say. */
export async function startModelUpstream(): Promise<ModelUpstream> {
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  const server = createServer((request, response) => {
    request.on("error", () => response.destroy());
    response.on("error", () => response.destroy());
    void answer(request, response, waiting);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: (number) => signalOf(waiting, number).resolve(),
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  waiting: Map<number, PromiseWithResolvers<void>>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as {
    stream_options?: { include_usage?: boolean };
  };
  const plan = modelPlan(Number(/^\/n(\d+)\//.exec(request.url ?? "")?.[1]));
  const { bytes } = deliveryOf(plan, body.stream_options?.include_usage === true);
  if (plan.ending === "refused") {
    response.writeHead(plan.number % 2 === 0 ? 404 : 503, { "content-type": "application/json" });
    response.end('{"error":{"message":"no such model"}}');
    return;
  }
  const type = plan.contentType ?? typeOf(plan);
  const coding = request.headers["accept-encoding"] === "identity" ? "identity" : plan.coding;
  const encoded = coding === "gzip" ? gzipSync(bytes) : coding === "br" ? brotliCompressSync(bytes) : bytes;
  const ends = !plan.ending.endsWith("abort");
  const fields: Record<string, string> = { "content-type": type };
  if (coding !== "identity") fields["content-encoding"] = coding;
  if (!plan.stream && ends) fields["content-length"] = String(encoded.length);
  response.writeHead(200, fields);
  response.flushHeaders();
  const size = plan.pieceBytes || encoded.length;
  for (let at = 0; at < encoded.length; at += size) {
    response.write(encoded.subarray(at, at + size));
    // A turn for the socket: pieces arrive as pieces, as a rule.
    await new Promise((done) => setImmediate(done));
  }
  if (ends) {
    response.end();
  } else if (plan.ending === "upstream-abort") {
    await signalOf(waiting, plan.number).promise;
    request.socket.resetAndDestroy();
  }
}

function signalOf(waiting: Map<number, PromiseWithResolvers<void>>, number: number) {
  const signal = waiting.get(number) ?? Promise.withResolvers<void>();
  waiting.set(number, signal);
  return signal;
}

function typeOf({ kind, stream }: ModelPlan): string {
  if (!stream) return "application/json";
  return kind.startsWith("ollama") ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
}
